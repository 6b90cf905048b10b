// Folders of plugins that the host has found, and which are no packages yet.

const folderStates = {
  available: ['ready', 'good', 'can be registered'], source_only: ['dot', 'warn', 'source only'],
  incomplete: ['warning', 'warn', 'incomplete'],
};
const folders = new Map(); // by folder

class Folder {
  constructor(folder) {
    this.folder = folder;
    this.work = new Work(`work on the folder ${folder}`);
    const button = (words, onclick) => el('button', {type: 'button', needs: 'packages:install packages:any everywhere', onclick}, words);
    this.compile = button('Compile', () => this.act('Compiling', 'compiled', pathOf(folder, 'compile')));
    this.register = button('Register', () => this.registerIt());
    this.node = el('li', null, this.words = el('div'), el('div.row.acts', null, this.compile, this.register),
      el('div.place', null, this.question = el('div'), this.work.node, this.work.refusal));
  }
  update(told) {
    this.told = told;
    const {folder, name, version, state, why, registered, builds, path} = told;
    const [shape, tone, word] = registered ? ['check', 'good', 'registered']
      : folderStates[state] ?? ['dot', 'idle', visible(state)];
    fill(this.words, JSON.stringify(told), () => [el('strong', null, el('bdi', null, beginning(name || folder, 200))),
      version && ` ${visible(version)}`, ' ', sign(tone, shape, word), ' ', el('small', null, code(path || folder)),
      why && el('small', {dir: 'auto'}, beginning(why, 400))]);
    show(this.compile, !!builds && state !== 'incomplete');
    show(this.register, state === 'available' || !!builds && state !== 'incomplete'); // it is built first
    put(this.register, registered ? 'Register again' : 'Register');
    for (const button of [this.compile, this.register]) {
      enable(button, !this.acting);
      button.setAttribute('aria-label', `${button.textContent} ${visible(name) || visible(folder)}`);
    }
  }
  /** What it asks for is agreed to first. The host says it of a folder once it was built and packed. */
  async registerIt(grant) {
    const path = pathOf('discovered', this.folder, 'register');
    const error = await this.act('Registering', 'registered', path, grant && {grant});
    if (!error?.consent) return;
    const {permissions, signers} = error.consent;
    show(this.work.refusal, false);
    askFirst(this.question, this.register, {
      title: permissions.length ? `It asks for ${many(permissions.length, 'permission')}` : 'It is not signed any more',
      words: joined([permissions.length && 'It gets no more than you grant.',
        signers.length && 'What is installed was signed, and nobody signed these files.'], ' '),
      more: permissionChips(permissions),
      yes: actWords(permissions, signers.length > 0 && 'take it unsigned', 'register'), no: 'Do not',
    }, () => this.registerIt([...permissions, ...signers]));
  }
  async act(doing, done, path, body) {
    const at = document.activeElement;
    let refused = null;
    this.question.replaceChildren();
    this.acting = true;
    this.work.begin(doing);
    this.update(this.told);
    try {
      await carryOut('POST', path, body, now => this.work.step(now));
      this.work.end(sign('good', 'check', `${done}.`));
      put($('announcer'), `${visible(this.told.name)}: ${done}`);
    } catch (error) { this.work.refuse(refused = error); }
    this.acting = false;
    this.update(this.told);
    await Promise.all([lookForFolders(), readPackages()]);
    if ([document.body, at].includes(document.activeElement))
      (at.checkVisibility() ? at : $('look-again')).focus({preventScroll: true});
    return refused;
  }
}

async function readFolders() {
  const {discovered, notes = []} = await ask('GET', '/api/v1/plugins/discovered');
  const there = new Set(discovered.map(one => one.folder));
  for (const [folder, {node}] of folders) if (!there.has(folder)) { node.remove(); folders.delete(folder); }
  for (const told of discovered) {
    const one = folders.get(told.folder) ?? new Folder(told.folder);
    folders.set(told.folder, one);
    one.update(told);
    if (!one.node.isConnected) $('folder-list').append(one.node);
  }
  put($('folders-note'), joined([discovered.length ? many(discovered.length, 'folder') : 'None was found.', ...notes.map(visible)], ' '));
}
