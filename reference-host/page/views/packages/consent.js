// Who vouches for a package, and what that is worth, in words that are exact: they are what somebody agrees to.

const trusts = {
  signed: ['check', 'good', 'signed', 'Whoever has a key that this host trusts for this package signed these very files.'],
  unsigned: ['warning', 'warn', 'unsigned',
    'Nobody signed these files. Nothing says who made them, or whether somebody changed them on their way here.'],
  found: ['warning', 'warn', 'found', 'The records of the store were lost, and these files were there. It starts where the policy lets it in today.'],
  folder: ['dot', 'idle', 'from a folder', 'Copied from a folder of this machine. Nobody signed these files.'],
};
const trustOf = trust => trusts[trust] ?? ['warning', 'warn', visible(trust) || 'unknown', 'This page does not know this word.'];
const startLevels = {
  sealed: 'what was verified is run, from memory, where nobody can change it',
  checked: 'all its files are verified before each start',
  linked: 'whatever stands in its folder at the moment is run',
};
const capital = text => text[0].toUpperCase() + text.slice(1);
const signerName = ({name}) => beginning(name, 120) || 'an unnamed key';
const signerNames = signers => joined(signers.map(signerName));
const permissionChips = permissions => el('ul.chips', null, permissions.map(one => el('li.chip', null, code(clip(one, 200)))));
/** "Grant 2 permissions, take it unsigned and install": what a button says is what somebody does. */
function actWords(permissions, ...more) {
  const acts = [permissions.length > 0 && `grant ${many(permissions.length, 'permission')}`, ...more].filter(Boolean);
  return capital(joined([joined(acts.slice(0, -1)), acts.at(-1)], ' and '));
}
/** The key whole: two may look alike at their ends. */
const signerList = signers => el('ul', null,
  signers.map(one => el('li', null, el('bdi', null, signerName(one)), ' ', code(one.key))));

/** What the host would do with a file, from its plan: one package that is installed or updated, and what it asks for. */
function reviewOf(plan) {
  const {install = [], update = [], keep = [], manifest = {}, signers = [], trust} = plan, [change = {}] = [...update, ...install, ...keep];
  const {permissions = [], signers: keys = []} = plan.consent ?? {}, id = change.id ?? manifest.id;
  const strangers = keys.filter(key => key !== 'unsigned').map(key => signers.find(one => one.key === key) ?? {key});
  return {...plan, ...change, id, name: manifest.name ?? id, manifest, signers, permissions, strangers,
    unsigned: trust === 'unsigned', grant: [...permissions, ...keys], kept: change === keep[0]};
}

/** What somebody agrees to before it is granted. */
function reviewed(review, agree, refuse) {
  const {id, name, version, from, trust, signers, manifest, permissions, strangers, unsigned, downgrade, kept} = review;
  const {conflicts = [], notes = [], size, files} = review;
  const [shape, tone, word, meaning] = trustOf(trust);
  const act = actWords(permissions, unsigned && 'take it unsigned', strangers.length > 0 && 'trust another signer',
    downgrade && 'go back', kept ? 'install again' : from ? 'update' : 'install');
  const needs = joined([from ? 'packages:update' : 'packages:install', unsigned && 'packages:any',
    review.grant.length > 0 && 'packages:grant', downgrade && 'packages:downgrade'], ' '), lacked = lacking(needs);
  const point = (tone, shape, title, ...words) =>
    el('li', null, sign(tone, shape), el('div', null, el('strong', null, title), ' ', words));
  return el('div.review', null,
    el('p', null, el('strong', null, el('bdi', null, beginning(name, 120))), ` ${beginning(version, 120)}`,
      from && from !== version && `, in place of ${visible(from)}`, kept && ', which is installed', ' ', id !== name && code(id)),
    manifest.description && el('p', {dir: 'auto'}, beginning(manifest.description, 400)),
    el('ul.points', null,
      point(tone, shape, `${capital(word)}.`, meaning, signers.length > 0 && signerList(signers)),
      strangers.length > 0 && point('bad', 'critical', 'Somebody else signed it.',
        'Whoever signed the version that is installed did not sign this one. These did:', signerList(strangers)),
      downgrade && point('warn', 'warning', 'It is older.', 'What was mended since may be broken in it.'),
      permissions.length > 0
        ? point('warn', 'blocked', `It asks for ${many(permissions.length, 'permission')}`, 'and gets no more than you grant: ',
          permissionChips(permissions))
        : point('idle', 'dash', `It asks for no ${manifest.permissions?.length ? 'more permissions than it has' : 'permissions'}.`),
      notes.map(one => point('idle', 'dash', '', beginning(one, 1000))),
      conflicts.map(one => point('bad', 'octagon', 'It cannot be installed:', beginning(one, 1000))),
      conflicts.length === 0 && lacked && point('bad', 'octagon', 'It cannot be installed by you.', lacked)),
    Object.keys(manifest).length > 0 && el('details', null,
      el('summary', null, joined(['Manifest', files && many(files, 'file'), size && bytes(size)])),
      el('pre.answer', {tabIndex: 0, role: 'region', 'aria-label': `Manifest of ${name}`}, pretty(manifest))),
    el('div.row', null,
      conflicts.length === 0
        && el(`button.wide.${unsigned || strangers.length ? 'danger' : 'primary'}`, {type: 'button', needs, onclick: agree}, act),
      el('button', {type: 'button', onclick: refuse}, conflicts.length ? 'Dismiss' : 'Do not')));
}
