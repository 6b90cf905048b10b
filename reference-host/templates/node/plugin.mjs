// seedling: stops messages that have an unwanted word in them, and greets. How it talks to a host is in main.mjs.

/** Becomes an error answer. */
export class Fault extends Error {
    constructor(code, message) {
        super(message);
        this.code = code;
    }
}

const INVALID_PARAMS = -32602, METHOD_NOT_FOUND = -32601;

function text(value, path) {
    if (typeof value !== 'string') throw new Fault(INVALID_PARAMS, `${path}: expected a string`);
    return value;
}

export class Plugin {
    about = {
        name: 'seedling', version: '0.1.0', capabilities: ['message'], features: ['configure'],
        events: [{ type: 'message.incoming', mode: 'validate' }],
        commands: [{
            name: 'greet', description: 'Greets somebody.', result: { type: 'string' },
            params: { type: 'object', properties: { who: { type: 'string' } }, required: ['who'] },
        }],
    };
    unwanted = 'spam';

    configure(config) {
        const unwanted = text(config.unwanted ?? 'spam', 'config.unwanted');
        if (unwanted === '') throw new Fault(INVALID_PARAMS, 'config.unwanted: expected a word');
        this.unwanted = unwanted;
    }

    event(type, payload) {
        if (!text(payload.content, 'payload.content').includes(this.unwanted)) return { flow: 'continue' };
        return { flow: 'stop', reason: `${this.unwanted} is not wanted here` };
    }

    command(name, args) {
        if (name !== 'greet') throw new Fault(METHOD_NOT_FOUND, `there is no command ${name}`);
        return `hello ${text(args.who, 'args.who')}`;
    }
}
