// What the host does in steps: it answers with a number, by which one can follow it.

/** Asks for such work and follows it: `step` gets each step, and the answer is how it ended. */
async function carryOut(method, path, body, step) {
  const answer = await send(method, `${path}${path.includes('?') ? '&' : '?'}wait=0`, body);
  return concluded(answer.status === 204 ? {} : await answer.json(), step);
}

/** What was answered at once, or what the operation comes to that was answered. One that failed is a refusal. */
async function concluded(answer, step) {
  return answer.operation && !answer.id ? followOperation(answer.operation, step) : answer;
}
const followed = new Set(); // numbers: each is shown in one place
async function followOperation(number, step) {
  followed.add(number);
  for (;;) {
    const {outcome, message: detail, code, consent, ...more} = await followedOnce(`/api/v1/operations/${number}`, step);
    if (outcome === 'done') return {...more, message: detail};
    if (outcome !== 'running') throw Refusal.from({detail: detail || `It ended as ${stepWord(outcome)}.`, code, consent});
    await new Promise(done => setTimeout(done, 1000)); // the stream broke off
  }
}
async function followedOnce(path, step) {
  const abort = new AbortController();
  let last = null;
  try {
    const answer = await send('GET', path, undefined, 'text/event-stream', abort.signal);
    await readEvents(answer.body.getReader(), abort, {
      step: now => step(last = now),
      done: now => { last = now; abort.abort(); },
    });
  } catch (error) { if (error instanceof Refusal) throw error; }
  return last && last.outcome !== 'running' ? last : ask('GET', path);
}

const stepWords = {
  waiting: 'waiting for its turn', verifying: 'verifying', storing: 'storing', building: 'compiling',
  stopping: 'stopping the version before', starting: 'starting', restoring: 'starting the version before again', rolled_back: 'went back',
};
const stepWord = step => stepWords[step] ?? visible(step).replaceAll('_', ' ');
