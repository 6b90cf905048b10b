// A package in the list.

const packages = new Map(); // by name
const packageStates = {
  enabled: ['check', 'good', 'enabled'], disabled: ['stopped', 'idle', 'disabled'], installed: ['dot', 'idle', 'installed'],
  broken: ['octagon', 'bad', 'broken'],
};

class Package {
  constructor(name) {
    this.name = name;
    const value = (name, label = name) => el('div', null, el('dt', null, label), this[name] = el('dd'));
    this.work = new Work(`work on ${name}`);
    this.node = el('li.listed.package', {id: `package-${name}`},
      el('div.columns', null,
        el('div.name', null,
          this.open = el('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': `package-detail-${name}`,
            onclick: () => this.toggle()}, glyph('chevron'), el('bdi', null, name)),
          this.purpose = el('small.purpose', {dir: 'auto'}), this.about = el('small')),
        this.state = el('div.state'),
        el('dl', null, value('Version'), value('Trust'), value('Runs')),
        el('div.quick', null, this.quick = el('button', {type: 'button', needs: 'plugins:operate', onclick: () => this.turn()}))),
      this.top = el('div', null, this.place = el('div.place', null, this.question = el('div'), this.work.node, this.work.refusal)),
      this.detail = el('div.detail', {id: `package-detail-${name}`, hidden: true, role: 'region',
        'aria-label': `More about the package ${name}`}));
  }

  update(told) {
    this.told = told;
    this.draw();
    if (told.operation && !this.acting && !followed.has(told.operation)) this.watch(told.operation);
  }
  draw() {
    const {told, node} = this, broken = told.state === 'broken' || told.status === 2;
    const [shape, tone, word] = packageStates[told.state] ?? ['dot', 'idle', visible(told.state)];
    const [trustShape, trustTone, trustWord, trustMeaning] = trustOf(told.trust);
    node.classList.toggle('failed', broken);
    put(this.purpose, beginning(told.description, 400));
    put(this.about, joined([visible(told.id), visible(told.pluginType)], ' · '));
    const problem = beginning(told.problem, 300) || (broken && told.state !== 'broken' ? 'its process failed' : '');
    fill(this.state, `${told.state} ${broken} ${problem}`, () => [broken ? sign('bad', 'octagon') : sign(tone, shape),
      el(`strong.${broken ? 'bad' : tone}`, null, word), problem && el('small', {dir: 'auto'}, problem)]);
    fill(this.Version, `${told.version} ${told.pinned}`, () => [
      el('span', null, `v${visible(told.version)}`), told.pinned && el('small', null, 'pinned')]);
    fill(this.Trust, JSON.stringify([told.trust, told.signers]), () => [
      el('span', {title: trustMeaning}, sign(trustTone, trustShape, trustWord)),
      told.signers?.length > 0 && el('small', null, el('bdi', null, clip(signerNames(told.signers), 60)))]);
    fill(this.Runs, `${told.startLevel}`, () => el('span', {title: startLevels[told.startLevel] ?? ''}, visible(told.startLevel) || nothing));
    const action = told.state === 'enabled' ? 'Disable' : 'Enable';
    fill(this.quick, action, () => [action, el('span.hidden', null, ` ${this.name}`)]);
    if (!this.detail.hidden) this.contents.draw(told);
    for (const button of node.querySelectorAll('.quick button, .acts button')) enable(button, !this.acting);
  }

  /** Where somebody asked for something they are asked, told how far it is, and what was refused. */
  moveTo(by) { (by.closest('.versions') ? this.contents.underVersions : this.top).append(this.place); }
  /** Work of the host, which it may refuse, and for which it may take its time. */
  async act(words, said, method, path, body) {
    const at = document.activeElement;
    this.moveTo(at);
    this.question.replaceChildren();
    await this.during(words, async step => {
      const {message} = await carryOut(method, path, body, step);
      put($('announcer'), joined([`${this.name}: ${said}`, message && visible(message)], '. '));
      return message;
    });
    // A button that may not be pressed meanwhile, or is there no more, lost the focus.
    if ([document.body, at].includes(document.activeElement))
      (at.checkVisibility() ? at : this.node.isConnected ? this.open : $('packages')).focus({preventScroll: true});
    refresh();
  }
  /** What somebody else has begun. */
  watch(number) { this.during('Somebody is at it', async step => (await followOperation(number, step)).message); }
  async during(words, work) {
    this.acting = true;
    this.work.begin(words);
    this.draw();
    try {
      const message = await work(now => this.work.step(now));
      this.work.end(...message ? [visible(message)] : []);
    } catch (error) { this.work.refuse(error); }
    await readPackages();
    this.acting = false;
    this.draw();
  }
  turn() {
    if (this.told.state !== 'enabled') return this.act('Enabling', 'enabled', 'POST', pathOf(this.name, 'enable'));
    this.askFirst(this.quick, {title: `Disable ${this.name}?`,
      words: 'It is stopped, and not started with the host. Its files stay.', yes: 'Disable it',
      no: 'Keep it enabled'}, () => this.act('Disabling', 'disabled', 'POST', pathOf(this.name, 'disable')));
  }
  uninstall(by) {
    const keep = el('input', {type: 'checkbox', checked: true});
    this.askFirst(by, {title: `Uninstall ${this.name}?`, words: 'It is stopped, and all its versions are removed.',
      more: el('label', null, keep, 'Keep the data that it wrote'), yes: 'Uninstall it', no: 'Keep it'},
    () => this.act('Uninstalling', 'uninstalled', 'DELETE', `${pathOf(this.name)}?keepData=${keep.checked}`));
  }
  goBack({version}, by) {
    const why = 'Why, for the history';
    const reason = el('input', {type: 'text', maxLength: 200, autocomplete: 'off', 'aria-label': why, placeholder: why});
    this.askFirst(by, {title: `Go back to ${visible(version)}?`, words: `It runs in place of ${visible(this.told.version)}.`,
      more: reason, yes: 'Go back', no: 'Keep what runs'}, () => this.act('Going back', `${visible(version)} runs again`,
      'POST', pathOf(this.name, 'rollback'), {to: version, reason: reason.value}));
  }
  askFirst(by, question, work) {
    this.moveTo(by);
    askFirst(this.question, by, question, work);
  }

  toggle() {
    show(this.detail, this.detail.hidden);
    this.open.setAttribute('aria-expanded', String(!this.detail.hidden));
    this.contents ??= new PackageContents(this);
    this.draw();
  }
}
