// One question to the host, and its answer.

/** What a host refuses, in its own words. */
class Refusal extends Error {
  static async of(answer) {
    return Refusal.from(await answer.json().catch(() => ({})), answer.status);
  }
  static from(problem, status = problem.status) {
    const {detail, title, code, consent} = problem;
    return Object.assign(new Refusal(visible(detail || title || `HTTP ${status}`)), {status, code, consent});
  }
}
function wordsOf(error) {
  if (error instanceof Refusal) return error.message;
  return error instanceof SyntaxError ? `Not JSON: ${error.message}` : 'The host cannot be reached.';
}
const refusal = error => el('p.refusal', null, wordsOf(error));

const ask = async (method, path, body) => (await send(method, path, body)).json();
async function send(method, path, body, accept = 'application/json', signal) {
  const by = token;
  const headers = authorized({accept, ...body === undefined ? {} : {'content-type': 'application/json'}});
  const answer = await fetch(path, {method, headers, body: JSON.stringify(body), cache: 'no-store', signal});
  if (answer.ok) return answer;
  if (answer.status === 401 && by === token) lock(refusedToken); // else it is about one that was given before
  throw await Refusal.of(answer);
}
const pathOf = (plugin, ...what) => ['/api/v1/plugins', ...[plugin, ...what].map(encodeURIComponent)].join('/');
