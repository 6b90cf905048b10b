// What the token may, as the host says it with its status. What would be refused is not offered: a button is there and cannot
// be pressed, and says why; what else would be refused is not shown. The host decides all the same.
//
// A node says what it needs by data-needs: permissions, and "everywhere" for what is about all plugins.

const everything = {name: '', permissions: ['*'], scope: []};
let asker = everything;
const may = permission => asker.permissions.some(one => one === '*' || one === permission);
const reachesAll = () => asker.scope.length === 0 || asker.scope.includes('*');
/** Why the token may not, or nothing. */
function lacking(needs = '') {
  const missing = needs.split(' ').find(one => one && !(one === 'everywhere' ? reachesAll() : may(one)));
  return !missing ? '' : missing === 'everywhere' ? 'This token is for some plugins, and this is about all of them.'
    : `This token lacks the permission ${missing}.`;
}
/** Whether it can be pressed is for its part of the page to say; whether it may be, is said here. */
function enable(node, can = true) {
  const why = lacking(node.dataset.needs);
  node.can = can;
  if (!('disabled' in node)) return show(node, !why);
  node.disabled = !can || !!why;
  if (why) node.title = why; else node.removeAttribute('title');
}
function learn(given) {
  if (JSON.stringify(given) === JSON.stringify(asker)) return;
  asker = given;
  for (const node of document.querySelectorAll('[data-needs]')) enable(node, node.can);
  tell('permissions');
}
on('status', ({token: given = everything}) => learn(given));
on('unseen', () => learn({name: '', permissions: [], scope: []}));
