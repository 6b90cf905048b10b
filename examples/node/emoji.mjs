#!/usr/bin/env node
// emoji: rewrites :shortcodes: in chat messages. The wire is vscode-jsonrpc's, as it comes from npm; what that library
// leaves to its user is in `decode` (which messages are fit to be handled) and below it (what ends the program).

import { Console } from 'node:console';
import process from 'node:process';
import rpc from 'vscode-jsonrpc/node';

globalThis.console = new Console(process.stderr); // stdout belongs to the protocol

if (process.stdin.isTTY || !process.env.TENON_PROTOCOL) {
    console.error('emoji is a plugin: a host starts it and talks to it over stdin and stdout.');
    process.exit(64);
}

const KNOWN = {
    bug: '🐛', cat: '🐱', clap: '👏', coffee: '☕', dog: '🐶', eyes: '👀', fire: '🔥', heart: '❤️', hourglass: '⏳',
    joy: '😂', key: '🔑', lock: '🔒', ok: '👌', party: '🥳', pizza: '🍕', point_up: '☝️', rocket: '🚀', smile: '😄',
    sob: '😭', sparkles: '✨', star: '⭐', sun: '☀️', tada: '🎉', thinking: '🤔', thumbsup: '👍', warning: '⚠️', wave: '👋',
    wood: '🪵', zzz: '💤',
};

// ---- The plugin's own work --------------------------------------------------------------------------------------------

const fault = (code, message) => new rpc.ResponseError(code, message);
const { ParseError, InvalidRequest, MethodNotFound, InvalidParams } = rpc.ErrorCodes;

let state = 'new';
let codes = new Map(Object.entries(KNOWN));
let replaced = 0;

function text(value, path) {
    if (typeof value !== 'string') throw fault(InvalidParams, `${path}: expected a string`);
    return value;
}

function rewrite(content) {
    return content.replace(/:([a-z0-9_+-]{1,32}):/g, (whole, code) => {
        if (!codes.has(code)) return whole;
        replaced += 1;
        return codes.get(code);
    });
}

function configure({ config }) {
    const extra = Object.entries(config?.extra ?? {});
    for (const [code, emoji] of extra) text(emoji, `params.config.extra.${code}`);
    codes = new Map([...Object.entries(KNOWN), ...extra]);
}

const ok = (type, body) => ({ status: 200, headers: { 'content-type': `${type}; charset=utf-8` }, body });

const requests = {
    'plugin/handshake'(params) {
        const versions = params.protocolVersions;
        if (!Array.isArray(versions)) throw fault(InvalidParams, 'params.protocolVersions: expected an array');
        if (!versions.includes(1)) throw fault(-32017, `emoji 1.0.0 speaks protocol 1, the host speaks ${versions}`);
        configure(params);
        state = 'ready';
        return {
            name: 'emoji', version: '1.0.0', protocolVersion: 1, features: ['configure'],
            capabilities: ['message'], events: [{ type: 'message.incoming', mode: 'mutate' }],
            commands: [{
                name: 'emoji', description: 'Replaces the :shortcodes: in a text.', result: { type: 'string' },
                params: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
            }],
            routes: [{ method: 'GET', path: '/codes', description: 'all shortcodes' },
                { method: 'GET', path: '/codes/{code}', description: 'one of them' }],
        };
    },

    'plugin/onEvent'({ payload }) {
        const content = rewrite(text(payload?.content, 'params.payload.content'));
        return content === payload.content ? { flow: 'continue' } : { flow: 'continue', payload: { ...payload, content } };
    },

    'plugin/execute'({ command, args }) {
        if (command !== 'emoji') throw fault(MethodNotFound, `unknown command ${command}`);
        return rewrite(text(args?.text, 'params.args.text'));
    },

    'plugin/handleRequest'({ route, params }) {
        if (route === '/codes') return ok('application/json', JSON.stringify(Object.fromEntries(codes)));
        return codes.has(params?.code) ? ok('text/plain', codes.get(params.code)) : { status: 404, body: 'no such code' };
    },

    'plugin/health': () => ({ status: 'healthy', metrics: { replaced, codes: codes.size } }),
    'plugin/configure': configure,
    'plugin/shutdown'() { state = 'stopping'; },
};

// ---- The wire ---------------------------------------------------------------------------------------------------------

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value) => typeof value === 'string' || Number.isSafeInteger(value);

// What is answered here, because the library would have no answer to it.
class Refused extends Error {
    constructor(id, code, why) {
        super(why);
        this.answer = { jsonrpc: '2.0', id, error: { code, message: why } };
    }
}

const NOTHING = new Error('a frame of length 0');

async function decode(bytes) {
    if (bytes.length === 0) throw NOTHING;
    let message;
    try {
        message = JSON.parse(utf8.decode(bytes));
    } catch (error) {
        throw new Refused(null, ParseError, error.message);
    }
    const refuse = (id, why) => new Refused(id, InvalidRequest, why);
    if (!isObject(message)) throw refuse(null, 'expected an object; batches are not read here');
    const { id = null, jsonrpc, method, params } = message;
    if (method === undefined && ('result' in message || 'error' in message)) return message; // an answer
    if ('id' in message && !isId(id)) throw refuse(null, 'id: expected a string or an integer');
    if (jsonrpc !== '2.0') throw refuse(id, 'expected "jsonrpc":"2.0"');
    if (typeof method !== 'string') throw refuse(id, 'method: expected a string');
    if (typeof (params ?? {}) !== 'object') throw refuse(id, 'params: expected an object');
    return message;
}

const reader = new rpc.StreamMessageReader(process.stdin,
    { charset: 'utf-8', contentTypeDecoder: { name: 'application/json', decode } });
reader.partialMessageTimeout = 0; // its timer would keep the program alive when the input ends inside a message
const writer = new rpc.StreamMessageWriter(process.stdout);
const host = rpc.createMessageConnection(reader, writer);

host.onRequest((method, params) => { // every request, because none has a handler of its own
    if ((state === 'new') !== (method === 'plugin/handshake'))
        throw fault(InvalidRequest, 'plugin/handshake comes first, and once');
    if (state === 'stopping') throw fault(-32018, 'shutting down');
    if (!Object.hasOwn(requests, method)) throw fault(MethodNotFound, `unknown method ${method}`);
    return requests[method](params ?? {});
});

// Without its input the program has nothing left to do: what is being written still goes out, then node ends.
host.onNotification('exit', () => process.stdin.destroy());

reader.onError((problem) => {
    if (problem === NOTHING) return;
    if (problem instanceof Refused) return void writer.write(problem.answer); // and the next frame is read
    console.error(`emoji: ${problem.message}`); // a bad header: nobody knows where the next frame begins
    process.exitCode = 1;
    process.stdin.destroy();
});

host.listen();
