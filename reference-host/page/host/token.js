// Who may see the plugins. A host that makes its token itself has another one after each start. Nobody can look it up
// from here: that is what keeps others out. But a window that was let in before takes it from another one of this browser
// that is let in.

const store = { // of this tab, where the browser lets us
  get(key) { try { return sessionStorage.getItem(`tenon.${key}`); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(`tenon.${key}`, value); } catch { /* then for this page */ } },
};
let token = '';
const refusedToken = 'The host does not accept this token.';
const refused = new Set(); // tokens
let takenToken = '', wasIn = false; // what the host took, and whether it took any
const authorized = headers => token ? {...headers, authorization: `Bearer ${token}`} : headers;

function lock(why) {
  if (why === refusedToken) refused.add(token);
  token = takenToken = '';
  store.set('token', '');
  listener.stop();
  tell('locked', why);
  if (wasIn) listener.seekToken();
}
function unlock(given) {
  token = given;
  store.set('token', given);
  tell('unlocked');
  listener.start();
  refresh();
}
function wasLetIn() {
  if (takenToken === token) return;
  takenToken = token;
  wasIn = true;
  listener.channel?.postMessage({found: true});
}
/** A token in the address goes from there at once: addresses are kept, shared and shown. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) history.replaceState(null, '', location.pathname + location.search);
  return given;
}
