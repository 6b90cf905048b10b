#!/usr/bin/env node
// Joins plugin.mjs to its host: JSON-RPC 2.0 in frames, over stdin and stdout. There is nothing to change here.

import { Console } from 'node:console';
import process from 'node:process';

import { Fault, Plugin } from './plugin.mjs';

globalThis.console = new Console(process.stderr); // stdout belongs to the protocol

if (!process.env.TENON_PROTOCOL) {
    console.error('This is a plugin: a host starts it and talks to it over stdin and stdout.');
    process.exit(64);
}

const LARGEST_FRAME = 16 * 1024 * 1024;
const plugin = new Plugin();
let state = 'new';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value) => typeof value === 'string' || Number.isSafeInteger(value);
const fault = (id, code, message) => ({ jsonrpc: '2.0', id, error: { code, message } });

// ---- What a host may say when, and which function of the plugin that is -------------------------------------------------

function member(params, name) {
    const value = params[name] ?? {};
    if (!isObject(value)) throw new Fault(-32602, `params.${name}: expected an object`);
    return value;
}

const requests = {
    'plugin/handshake'(params) {
        const versions = params.protocolVersions;
        if (!Array.isArray(versions)) throw new Fault(-32602, 'params.protocolVersions: expected an array');
        if (!versions.includes(1)) throw new Fault(-32017, `this plugin speaks protocol 1, the host speaks ${versions}`);
        plugin.configure(member(params, 'config'));
        state = 'ready';
        return { ...plugin.about, protocolVersion: 1 };
    },
    'plugin/onEvent': (params) => plugin.event(params.eventType, member(params, 'payload')),
    'plugin/execute': (params) => plugin.command(params.command, member(params, 'args')),
    'plugin/configure': (params) => plugin.configure(member(params, 'config')),
    'plugin/health': () => ({ status: 'healthy' }),
    'plugin/shutdown'() { state = 'stopping'; },
};

async function asked(method, params) {
    if ((state === 'new') !== (method === 'plugin/handshake')) throw new Fault(-32600, 'plugin/handshake comes first, and once');
    if (state === 'stopping') throw new Fault(-32018, 'shutting down');
    if (!Object.hasOwn(requests, method)) throw new Fault(-32601, `unknown method ${method}`);
    return (await requests[method](params)) ?? null;
}

/** What one message is answered with; undefined when nothing is due. */
async function answer(message) {
    if (!isObject(message)) return fault(null, -32600, 'expected an object, or an array of 1 to 256 objects');
    const { id = null, jsonrpc, method, params } = message;
    if (method === undefined && ('result' in message || 'error' in message)) return undefined; // this plugin asks nothing
    if ('id' in message && !isId(id)) return fault(null, -32600, 'id: expected a string or an integer');
    if (jsonrpc !== '2.0' || typeof method !== 'string') return fault(id, -32600, 'expected "jsonrpc":"2.0" and a method');
    if (typeof (params ?? {}) !== 'object') return fault(id, -32600, 'params: expected an object');
    const isRequest = 'id' in message;
    try {
        if (Array.isArray(params)) throw new Fault(-32602, 'params: expected an object');
        if (!isRequest && method === 'exit') state = 'done';
        if (!isRequest && (method !== 'plugin/onEvent' || state !== 'ready')) return undefined;
        const result = await asked(method, params ?? {});
        return isRequest ? { jsonrpc: '2.0', id, result } : undefined;
    } catch (error) {
        if (!(error instanceof Fault)) console.error(`${method}: ${error.stack}`); // for the log, not for the caller
        if (!isRequest) return undefined;
        return error instanceof Fault ? fault(id, error.code, error.message) : fault(id, -32603, 'internal error');
    }
}

async function answerBody(bytes) {
    let message;
    try {
        message = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch (error) {
        return fault(null, -32700, `not acceptable JSON: ${error.message}`);
    }
    if (!Array.isArray(message) || message.length === 0 || message.length > 256) return answer(message);
    const all = [];
    for (const one of message) all.push(await answer(one));
    const due = all.filter((one) => one !== undefined);
    return due.length === 0 ? undefined : due;
}

// ---- The wire ---------------------------------------------------------------------------------------------------------

function broken(why) { // after a bad header nobody knows where the next frame begins
    console.error(why);
    process.exit(1);
}

/** The length that a head announces. */
function lengthIn(head) {
    const lengths = head.split(/\r?\n/).map((line) => /^content-length:\s*(\d+)\s*$/i.exec(line)).filter(Boolean);
    const length = lengths.length === 1 ? Number(lengths[0][1]) : NaN;
    return length <= LARGEST_FRAME ? length : broken(`one Content-Length was expected, got ${JSON.stringify(head)}`);
}

function send(reply) {
    const body = Buffer.from(JSON.stringify(reply));
    process.stdout.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
}

let pieces = [], size = 0, wanted = null; // of the head, or of a body of `wanted` bytes
for await (const piece of process.stdin) {
    pieces.push(piece);
    size += piece.length;
    if (wanted !== null && size < wanted) continue; // joined once it is whole
    let rest = Buffer.concat(pieces);
    while (state !== 'done') {
        if (wanted === null) {
            const end = /\r?\n\r?\n/.exec(rest.toString('latin1', 0, 8192));
            if (end === null && rest.length >= 8192) broken('a head of more than 8192 bytes');
            if (end === null) break;
            wanted = lengthIn(rest.toString('latin1', 0, end.index));
            rest = rest.subarray(end.index + end[0].length);
        }
        if (rest.length < wanted) break;
        const body = rest.subarray(0, wanted);
        rest = rest.subarray(wanted);
        wanted = null;
        const reply = body.length === 0 ? undefined : await answerBody(body);
        if (reply !== undefined) send(reply);
    }
    if (state === 'done') break;
    pieces = [rest];
    size = rest.length;
}
if (state !== 'done' && size + (wanted ?? 0) > 0) broken('the input ended inside a frame');
