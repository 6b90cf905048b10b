import assert from 'node:assert';

import { Fault, Plugin } from './plugin.mjs';

const flowOf = (plugin, content) => plugin.event('message.incoming', { content }).flow;

const plugin = new Plugin();
assert.strictEqual(plugin.command('greet', { who: 'Bo' }), 'hello Bo');
assert.strictEqual(flowOf(plugin, 'good morning'), 'continue');
assert.strictEqual(flowOf(plugin, 'buy spam'), 'stop');
plugin.configure({ unwanted: 'sale' });
assert.strictEqual(flowOf(plugin, 'buy spam'), 'continue');
assert.throws(() => plugin.configure({ unwanted: '' }), Fault);
console.log('all tests passed');
