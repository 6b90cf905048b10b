"""seedling: stops messages that have an unwanted word in them, and greets. How it talks to a host is in main.py."""


class Fault(Exception):
    """Becomes an error answer: Fault(code, message)."""


INVALID_PARAMS, METHOD_NOT_FOUND = -32602, -32601


def text(value, path):
    if type(value) is not str:
        raise Fault(INVALID_PARAMS, f"{path}: expected a string")
    return value


class Plugin:
    about = {
        "name": "seedling", "version": "0.1.0", "capabilities": ["message"], "features": ["configure"],
        "events": [{"type": "message.incoming", "mode": "validate"}],
        "commands": [{"name": "greet", "description": "Greets somebody.", "result": {"type": "string"},
                      "params": {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]}}]}

    def __init__(self):
        self.unwanted = "spam"

    def configure(self, config):
        unwanted = text(config.get("unwanted", "spam"), "config.unwanted")
        if not unwanted:
            raise Fault(INVALID_PARAMS, "config.unwanted: expected a word")
        self.unwanted = unwanted

    def event(self, type, payload):
        if self.unwanted in text(payload.get("content"), "payload.content"):
            return {"flow": "stop", "reason": f"{self.unwanted} is not wanted here"}
        return {"flow": "continue"}

    def command(self, name, args):
        if name != "greet":
            raise Fault(METHOD_NOT_FOUND, f"there is no command {name}")
        return "hello " + text(args.get("who"), "args.who")
