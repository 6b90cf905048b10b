#!/usr/bin/env python3
"""A plugin that means no good by whatever the page shows of it: logs, events, its health, its commands, its answers.

It is `words` of the examples with other words, and runs beside a copy of that file."""

import sys

import words

MARKUP = '<script>window.broken = 1</script><img src="/broken" onerror="window.broken = 2">'
BACKWARDS = "safe\u202egnp.exe\u202c"
LONG = "x" * 70_000


class Hostile(words.Words):
    def handshake(self, params):
        greeting = super().handshake(params)
        for line in (MARKUP, BACKWARDS, LONG, '{"level":"error","message":"<b>bold</b>"}'):
            print(line, file=sys.stderr, flush=True)
        self.log("warn", MARKUP, field=MARKUP)
        greeting.update(
            name="hostile", description=MARKUP + BACKWARDS, capabilities=["*"], features=[], routes=[],
            events=[{"type": "message.incoming", "mode": "mutate"}],
            commands=[{"name": "hostile", "description": MARKUP + BACKWARDS,
                       "params": {"type": "object", "properties": {MARKUP: {"type": "string", "description": MARKUP}}}}])
        return greeting

    def health(self, _params):
        return {"status": "warning", "message": MARKUP + BACKWARDS, "metrics": {"<i>metric</i>": 1}}

    def event(self, params):
        content = params["payload"]["content"]
        if "evil" in content:
            return {"flow": "stop", "reason": MARKUP}
        if "teh" not in content:
            return {"flow": "continue"}
        return {"flow": "continue", "payload": params["payload"] | {"content": content.replace("teh", "the")}}

    def execute(self, _params):
        return {MARKUP: BACKWARDS}


if __name__ == "__main__":
    words.serve(Hostile)
