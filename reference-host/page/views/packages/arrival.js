// A file that somebody gives: sent to be looked at, agreed to, and sent to be installed.

/** One at a time: browsers allow six connections to one host. */
let lastSent = Promise.resolve();
function inTurn(work) {
  const turn = lastSent.then(work);
  lastSent = turn.catch(() => {});
  return turn;
}

class Arrival {
  /** `manifest`: the text, of a program that comes without a package around it. `name`: of the package that it updates. */
  constructor(file, manifest, name) {
    Object.assign(this, {file, manifest, name});
    this.abort = new AbortController();
    this.work = new Work(`what happens to ${file.name}`);
    this.node = el('li.arrival', {role: 'group', 'aria-label': file.name, tabIndex: -1},
      el('div.row', null,
        el('strong.grow', null, el('bdi', null, beginning(file.name, 200)), ' ', el('small', null, bytes(file.size))),
        this.cancel = el('button', {type: 'button', onclick: () => this.abort.abort()}, 'Cancel'),
        this.dismiss = el('button', {type: 'button', hidden: true, onclick: () => this.leave()}, 'Dismiss')),
      this.work.node, this.work.refusal, this.asked = el('div'));
  }

  /** Changes nothing: the host says what it is and what it asks for. */
  look() {
    return this.attempt(async () => {
      const review = reviewOf(await this.send({dryRun: true, allowDowngrade: !lacking('packages:downgrade')}));
      if (review.from) this.name ??= review.id; // it is an update
      this.work.end();
      this.asked.replaceChildren(reviewed(review, () => this.install(review), () => this.leave()));
      show(this.cancel, false);
      this.say(`${review.name} ${review.version} waits for your word`);
    });
  }
  install({name, version, grant, unsigned, downgrade}) {
    this.asked.replaceChildren();
    this.node.focus({preventScroll: true}); // the button is gone
    return this.attempt(async () => {
      const begun = await this.send({
        grant: grant.length && JSON.stringify(grant), allowUnsigned: unsigned, allowDowngrade: downgrade});
      const {message} = await concluded(begun, now => this.work.step(now));
      this.end(sign('good', 'check', `${visible(name)} ${visible(version)} is installed.`), message && ` ${visible(message)}`);
      this.say(`${name} ${version} is installed`);
      readPackages();
    });
  }
  send({dryRun, ...fields}) {
    const update = this.name && pathOf(this.name);
    return upload(update ? 'PUT' : 'POST', `${update ?? '/api/v1/plugins/install'}?${dryRun ? 'dryRun=true' : 'wait=0'}`,
      {source: 'local', ...fields, manifest: this.manifest, file: this.file}, this.abort.signal, (done, all) => {
        this.work.sent(done, all);
        show(this.cancel, dryRun || done < all); // what the host has, it does
      });
  }

  async attempt(work) {
    this.work.begin('Waits for its turn');
    show(this.cancel, true);
    show(this.dismiss, false);
    try { await inTurn(() => { this.abort.signal.throwIfAborted(); return work(); }); }
    catch (error) {
      if (this.abort.signal.aborted) return this.leave();
      this.work.refuse(error);
      this.end();
      if (error.code === 'manifest' && !this.manifest) this.askManifest();
    }
  }
  /** A program alone says nothing about itself. */
  askManifest() {
    const id = `manifest-of-${arrivalCount++}`;
    this.asked.replaceChildren(el('div.row', null, el('label', {htmlFor: id}, 'Its plugin.json, where this is a program alone:'),
      el('input', {id, type: 'file', accept: '.json', onchange: async event => {
        this.manifest = await event.target.files[0].text();
        this.asked.replaceChildren();
        this.node.focus({preventScroll: true});
        this.look();
      }})));
  }
  end(...nodes) {
    if (nodes.length) { this.work.end(); this.asked.replaceChildren(el('p', null, nodes)); }
    show(this.cancel, false);
    show(this.dismiss, true);
  }
  leave() {
    const {node} = this, here = node.contains(document.activeElement), row = node.closest('.package');
    node.remove();
    if (here) (row?.querySelector('button') ?? $('choose')).focus();
  }
  say(words) { put($('announcer'), visible(words)); }
}
let arrivalCount = 0;

/** Files that came together. A .json beside one other file is the manifest of that one. */
async function bring(files, place, name) {
  const manifests = files.filter(file => file.name.endsWith('.json')), others = files.filter(file => !manifests.includes(file));
  const manifest = manifests.length === 1 && others.length === 1 ? await manifests[0].text() : undefined;
  const arrivals = (manifest === undefined ? files : others).map(file => new Arrival(file, manifest, name));
  place.prepend(...arrivals.map(one => one.node));
  arrivals[0]?.node.focus();
  for (const one of arrivals) one.look();
}
