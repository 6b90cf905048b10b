// The beginning, when every part of the page is there.

// Links to the views: for the keyboard, and for whoever has a small screen. What stands beside the board is the second.
const [firstView, ...otherViews] = document.querySelectorAll('.board section[tabindex]');
$('skip').append(...[firstView, ...document.querySelectorAll('main > section'), ...otherViews].map(view =>
  el('a', {href: `#${view.id}`, className: view.closest('.admin') ? 'admin' : '', hidden: view.hidden}, view.dataset.title)));

addEventListener('hashchange', () => {
  const given = takeToken();
  if (given) { lock(''); unlock(given); }
});
addEventListener('pagehide', () => { for (const stream of [...Stream.all]) stream.close(); });
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
document.addEventListener('visibilitychange', refresh);
setInterval(() => tell('tick'), 100);

const begin = takeToken() ?? store.get('token');
if (begin) unlock(begin); else tell('locked', '');
if (store.get('uid')) chat.join(store.get('uid'));
