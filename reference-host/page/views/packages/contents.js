/** What is seen of a package when its row is open. */
class PackageContents {
  constructor(row) {
    this.row = row;
    const file = el('input', {type: 'file', multiple: true, hidden: true, onchange: () => {
      bring([...file.files], this.arrivals, row.name);
      file.value = '';
    }});
    const button = (words, needs, work) =>
      el('button', {type: 'button', needs, onclick: event => work(event.currentTarget)}, words);
    row.detail.append(
      el('div.row.acts', null, button('Update by file', 'packages:update', () => file.click()), file,
        this.unpin = button('Unpin', 'plugins:operate', () => row.act('Unpinning', 'unpinned', 'DELETE', pathOf(row.name, 'pin'))),
        this.process = button('Its process', '', () => showProcess(row.name)),
        button('Uninstall', 'packages:remove', by => row.uninstall(by))),
      this.problem = el('p.banner.refusal'), this.arrivals = el('ul.arrivals', {'aria-label': `Files given for ${row.name}`}),
      this.facts = el('div.blocks'),
      el('div', null, el('h3', null, 'Versions'), this.versions = el('ul.versions'), this.underVersions = el('div')),
      el('div', null, el('h3', null, 'History'), this.history = el('ol')), this.settings = el('div'));
  }

  draw(told) {
    put(this.problem, beginning(told.problem, 8000));
    show(this.unpin, !!told.pinned);
    show(this.process, rows.has(told.name));
    this.drawFacts(told);
    const now = [told.updatedAt, told.version, told.state, told.pinned, told.versions, told.operation].join();
    if (this.asOf === now) return;
    this.asOf = now;
    this.read();
  }
  drawFacts({id, pluginType, tags, author, license, homepage, installedAt, updatedAt, ...told}) {
    const {signers = [], permissions = [], granted = [], dependencies = {}, trust, startLevel} = told;
    const facts = [['id', id], ['type', pluginType], ['tags', joined(tags ?? [])],
      ['author', author?.name ? joined([author.name, author.email]) : author], ['license', license], ['homepage', homepage],
      ['installed', when(installedAt)], ['updated', updatedAt > installedAt && when(updatedAt)]];
    const block = (title, ...words) => el('div', null, el('h3', null, title), words);
    const list = (all, words) => el('ul', null,
      all.length ? all.map(one => el('li', null, words(one))) : el('li.muted', null, nothing));
    fill(this.facts, JSON.stringify([facts, signers, permissions, granted, dependencies, trust, startLevel]), () => [
      block('Package', el('dl.facts', null, facts.filter(([, value]) => value)
        .map(([name, value]) => [el('dt', null, name), el('dd', null, linked(beginning(value, 300)))]))),
      block('Permissions', list([...new Set([...permissions, ...granted])], one => granted.includes(one)
        ? [sign('good', 'check'), ' ', code(one), el('small', null, ' granted')]
        : [sign('idle', 'cross'), ' ', code(one), el('small', null, ' asked for, not granted')])),
      block('Signed by', signers.length ? signerList(signers) : el('p.muted', null, trustOf(trust)[3])),
      startLevels[startLevel] && block('What is run',
        el('p', null, el('strong', null, startLevel), `: ${startLevels[startLevel]}.`)),
      Object.keys(dependencies).length > 0 && block('Needs', list(Object.entries(dependencies),
        ([needed, range]) => [code(needed), el('small', null, ` ${visible(range)}`)]))]);
  }

  async read() {
    const {name} = this.row;
    try {
      const [{versions}, {history}, {package: whole = {}}] = await Promise.all(
        [['versions'], ['history'], []].map(what => ask('GET', pathOf(name, ...what))));
      this.drawVersions(versions);
      this.drawHistory(history);
      this.drawSettings(whole.configSchema);
    } catch (error) {
      this.asOf = null;
      if (error.status !== 404) this.versions.replaceChildren(el('li', null, refusal(error))); // else it is gone
    }
  }
  /** Its schema may be long: no list has it. */
  drawSettings(schema) {
    const {name} = this.row, words = {title: 'Settings', back: 'Back to its defaults', was: 'As the package has it.', always: true};
    fill(this.settings, JSON.stringify(schema ?? null), () => Object.keys(schema?.properties ?? {}).length > 0
      && configuration(name, editorOf(schema, name), words));
  }
  drawVersions(all) {
    const {row} = this, {name, told} = row, active = all.find(one => one.active);
    fill(this.versions, JSON.stringify([all, told.pinned]), () => all.map(one => {
      const {version, held} = one, pinned = told.pinned === version, older = one.installedAt < active?.installedAt;
      const act = (words, needs, work) => el('button', {type: 'button', needs, 'aria-label': `${words} ${visible(version)}`,
        onclick: event => work(event.currentTarget)}, words);
      const pin = act('Pin', 'plugins:operate', () => row.act('Pinning', `pinned to ${version}`, 'PUT', pathOf(name, 'pin'), {version}));
      const update = act('Update to', 'packages:update', () => row.act('Updating', `${version} runs`, 'PUT', pathOf(name), {version}));
      const remove = act('Remove', 'packages:remove', by => row.askFirst(by, {title: `Remove ${visible(version)}?`,
        words: 'Going back to it is not possible then.', yes: 'Remove it', no: 'Keep it'},
      () => row.act('Removing', `${version} is removed`, 'DELETE', pathOf(name, 'versions', version))));
      return el('li', null,
        el('div', null, el('strong', null, visible(version)), one.active && [' ', sign('good', 'check', 'current')],
          pinned && [' ', sign('idle', 'blocked', 'pinned')],
          el('small', null, ` ${joined([trustOf(one.trust)[2], bytes(one.size), many(one.files, 'file'),
            when(one.installedAt)], ' · ')}`),
          held && el('small', null, ` Held: ${beginning(held, 300)}`)),
        el('div.row.acts', null, one.active ? !told.pinned && pin
          : [older && !held ? act('Go back to', 'plugins:operate', by => row.goBack(one, by)) : update, !pinned && remove]));
    }));
  }
  drawHistory(all) {
    const line = ({kind, from, to, state, reason, actor, startedAt}) => el('li', null,
      el('span.muted', null, timeOf(startedAt)), ` ${visible(kind)} `,
      el('strong', null, joined([visible(from), visible(to)], ' → ')),
      state !== 'done' && el(`span.${state === 'failed' ? 'bad' : 'warn'}`, null, ` ${stepWord(state)}`),
      el('small', null, ` ${joined([actor && `by ${visible(actor)}`, beginning(reason, 300)], ': ')}`));
    fill(this.history, JSON.stringify(all), () => all.slice(0, 30).map(line));
  }
}

/** The plugins' list has what it does. */
function showProcess(name) {
  const row = rows.get(name);
  $('find').value = '';
  findPlugins();
  if (row.detail.hidden) row.toggle();
  row.open.focus();
}
/** A schema may be nothing that a form can be made of: then it is written as JSON. */
function editorOf(schema, name) {
  try { return new ConfigForm(schema, name); } catch { return jsonEditor(name, `settings-${name}`); }
}
/** An address of the web may be followed; whatever else it says is text. */
const linked = text => /^https?:\/\/[^\s⟨]+$/.test(text)
  ? el('a', {href: text, target: '_blank', rel: 'noopener noreferrer'}, text) : el('bdi', null, text);
