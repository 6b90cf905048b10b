// vscode-jsonrpc, the JSON-RPC library of VS Code and its language servers, in the part of a host. It is used as it
// comes from its package; whatever it sends and expects on the wire, the plugins have to cope with.
//
//     node client.mjs PROGRAM...    the examples moderator, clock and slow; each says itself which it is
//
// A line for each check; the last line says how many passed and failed.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import rpc from 'vscode-jsonrpc/node.js';

const DEADLINE_MS = 20_000; // for one conversation
const HANDSHAKE = { name: 'vscode', version: '1', protocolVersions: [1], supportsReverseRpc: true };

const event = (eventType, payload) =>
    ({ eventId: 'e1', eventType, payload, metadata: {}, timestamp: '2025-06-01T12:00:00.000Z' });

const conversations = {
    async moderator(plugin) {
        const answer = await plugin.sendRequest('plugin/handshake', { ...HANDSHAKE, config: {} });
        assert.equal(answer.name, 'moderator');
        assert.deepEqual(answer.capabilities, ['message', 'user']);

        const decide = (type, payload) => plugin.sendRequest('plugin/onEvent', event(type, payload));
        const message = (content) => ({ content, from_uid: 'ada', to_uid: 'bo' });
        assert.deepEqual(await decide('message.incoming', message('lunch?')), { flow: 'continue' });
        assert.deepEqual(await decide('message.incoming', message('日本 spam')), { flow: 'stop', reason: 'spam' });
        assert.deepEqual((await decide('user.renamed', { uid: 'u', name: ' Zoë' })).payload, { uid: 'u', name: 'Zoë' });
        await plugin.sendNotification('plugin/onEvent', event('message.incoming', message('spam, spam')));

        const forgive = { command: 'forgive', args: { from_uid: 'ada' } };
        assert.equal(await plugin.sendRequest('plugin/execute', forgive), 2);

        // Many at once, and each gets its own answer.
        const all = Array.from({ length: 500 }, (_, n) => decide('user.renamed', { uid: `u${n}`, name: ` ${n}` }));
        (await Promise.all(all)).forEach((each, n) => assert.deepEqual(each.payload, { uid: `u${n}`, name: `${n}` }));

        // A frame that does not come in one piece.
        const long = await decide('user.renamed', { uid: 'u', name: ' ' + 'é'.repeat(1 << 20) });
        assert.equal(long.payload.name.length, 1 << 20);

        await assert.rejects(plugin.sendRequest('plugin/execute', { command: 'none' }), { code: -32601 });
        await assert.rejects(decide('user.renamed', { uid: 'u' }), { code: -32602 });
        await assert.rejects(plugin.sendRequest('plugin/none', 'a', 'b'), { code: -32601 }); // params are an array here
        assert.deepEqual(await plugin.sendRequest('plugin/health'), { status: 'healthy' });
    },

    async clock(plugin) {
        const emitted = [];
        plugin.onRequest('host/emit', (params) => (emitted.push(params), null));
        plugin.onRequest('time/now', ({ place }) => {
            if (place === 'Oslo') return '12:07';
            throw new rpc.ResponseError(404, 'no such place');
        });
        await plugin.sendRequest('plugin/handshake', { ...HANDSHAKE, config: { interval_ms: 3_600_000 } });
        const now = (place) => plugin.sendRequest('plugin/execute', { command: 'now', args: { place } });
        assert.equal(await now('Oslo'), '12:07');
        await assert.rejects(now('Atlantis'), { code: 404, message: 'no such place' });
        assert.deepEqual(emitted, [{ eventType: 'clock.tick', payload: { count: 1 } }]);
    },

    async slow(plugin) {
        await plugin.sendRequest('plugin/handshake', HANDSHAKE);

        // It reports with the request's id as the token. The library counts from 0, and the handshake was that.
        const steps = [];
        plugin.onProgress(new rpc.ProgressType(), 1, ({ done }) => steps.push(done));
        const primes = (below) => ['plugin/execute', { command: 'primes', args: { below } }];
        assert.equal(await plugin.sendRequest(...primes(1000)), 168);
        assert.deepEqual(steps, [250, 500, 750]);

        const cancel = new rpc.CancellationTokenSource();
        const minutes = plugin.sendRequest(...primes(4_000_000_000), cancel.token);
        const refused = assert.rejects(minutes, { code: -32800 });
        assert.equal(await plugin.sendRequest(...primes(10)), 4); // others do not wait
        cancel.cancel();
        await refused;
    },
};

const ended = (child) => new Promise((tell) => child.on('exit', (code, signal) => tell(signal ?? code)));

async function converse(name, program) {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'], env: { TENON_PROTOCOL: '1' } });
    const end = ended(child);
    const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    const plugin = rpc.createMessageConnection(
        new rpc.StreamMessageReader(child.stdout), new rpc.StreamMessageWriter(child.stdin));
    plugin.onNotification('host/log', ({ level, message }) => console.log(`        ${level}: ${message}`));
    const complaints = [];
    plugin.onUnhandledNotification((message) => complaints.push(message));
    plugin.onError(([error]) => complaints.push(error));
    plugin.listen();
    try {
        await conversations[name](plugin);
        assert.equal(await plugin.sendRequest('plugin/shutdown', { reason: 'requested', deadlineMs: 3000 }), null);
        await plugin.sendNotification('exit');
        assert.equal(await end, 0);
        assert.deepEqual(complaints, []);
    } finally {
        clearTimeout(deadline);
        child.kill('SIGKILL');
        plugin.dispose();
    }
}

let passed = 0, failed = 0;
for (const program of process.argv.slice(2)) {
    const { name } = JSON.parse(execFileSync(program, ['--describe']));
    try {
        await converse(name, program);
        passed += 1;
        console.log(`good    ${name}`);
    } catch (problem) {
        failed += 1;
        console.log(`FAILED  ${name}: ${problem.stack}`);
    }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
