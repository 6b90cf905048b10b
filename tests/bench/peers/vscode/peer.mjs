#!/usr/bin/env node
// vscode-jsonrpc's driver and its plugin, one program: the plugin is what is started with the word "plugin". They speak
// the framing of language servers over two pipes.

import { spawn } from 'node:child_process';
import rpc from 'vscode-jsonrpc/node.js';

function connect(from, to) {
    const connection = rpc.createMessageConnection(new rpc.StreamMessageReader(from), new rpc.StreamMessageWriter(to));
    connection.onError(([error]) => { throw error; });
    return connection;
}

// ---- The plugin -----------------------------------------------------------------------------------------------------

function serve() {
    const connection = connect(process.stdin, process.stdout);
    let seen = 0;
    connection.onRequest('greet', ({ who }) => 'hello ' + who);
    connection.onRequest('decide', (event) => event.content === '');
    connection.onNotification('tell', (event) => { if (event.content !== '') ++seen; });
    connection.onRequest('seen', () => seen);
    connection.onClose(() => process.exit(0));
    connection.listen();
}

// ---- The driver -----------------------------------------------------------------------------------------------------

const event = {
    content: 'good morning, everybody: who is coming along to the lake when the rain has stopped, at last? ok',
    from_uid: 'u-4711',
    to_uid: 'r-1234567',
};

async function start(program) {
    const child = spawn(program, ['plugin'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const connection = connect(child.stdout, child.stdin);
    connection.listen();
    await greet(connection, 'w');
    const gone = new Promise((resolve) => { child.on('exit', resolve); });
    connection.end_plugin = () => {
        child.stdin.end();
        return gone;
    };
    return connection;
}

async function greet(to, who) {
    const answer = await to.sendRequest('greet', { who });
    if (!answer.startsWith('hello ') || !answer.endsWith(who)) throw new Error('another answer came');
}

async function inFlight(to, count, who) {
    let sent = 0;
    async function worker() {
        while (sent++ < count) await greet(to, who);
    }
    await Promise.all(Array.from({ length: 64 }, worker));
}

async function tell(all, count) {
    const before = await all[0].sendRequest('seen');
    for (let number = 0; number !== count; ++number) {
        const sent = all.map((each) => each.sendNotification('tell', event));
        if (number % 64 === 63) await Promise.all(sent); // so that what is unsent does not pile up
    }
    for (const each of all) {
        if (await each.sendRequest('seen') !== before + count) throw new Error('events were lost');
    }
}

const now = () => Number(process.hrtime.bigint());
const report = (nanoseconds) => console.log('ns ' + nanoseconds.toFixed(1));

async function timed(count, run) {
    const warm = now() + 3e8; // until it is compiled
    do await run(Math.floor(count / 10) + 1);
    while (now() < warm);
    const begin = now();
    await run(count);
    report((now() - begin) / count);
}

function repeat(once) {
    return async (count) => {
        for (let number = 0; number !== count; ++number) await once();
    };
}

async function coldStart(program, count) {
    let took = 0;
    for (let number = -1; number !== count; ++number) {
        const begin = now();
        const one = await start(program);
        if (number >= 0) took += now() - begin;
        await one.end_plugin();
    }
    report(took / count);
}

async function drive(program, what, count) {
    const [shape, number] = what.split(':');
    const size = Number(number ?? 0);
    if (shape === 'start') return coldStart(program, count);
    const many = ['gather', 'publish', 'idle'].includes(shape) ? size : 1;
    const all = await Promise.all(Array.from({ length: many }, () => start(program)));
    const who = 'w'.repeat(size);
    if (shape === 'round-trip') await timed(count, repeat(() => greet(all[0], who)));
    else if (shape === 'in-flight') await timed(count, (times) => inFlight(all[0], times, who));
    else if (shape === 'events' || shape === 'publish') await timed(count, (times) => tell(all, times));
    else if (shape === 'gather')
        await timed(count, repeat(() => Promise.all(all.map((each) => each.sendRequest('decide', event)))));
    else if (shape === 'idle') {
        console.log('ready');
        for await (const _ of process.stdin);
    } else throw new Error('not here: ' + shape);
    await Promise.all(all.map((each) => each.end_plugin()));
}

const [program, what, count] = process.argv.slice(2);
if (program === 'plugin') serve();
else {
    await drive(program, what, Number(count));
    process.exit(0);
}
