// links: keeps count of what each user says, and stops messages that link to a blocked host. Its JSON is serde_json's;
// the wire is the first half of this file, written from docs/protocol.md.

use serde_json::{json, Map, Value};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

const LARGEST_FRAME: u64 = 16 * 1024 * 1024;
const MOST_USERS: usize = 1000; // what a peer sends is kept within bounds

type Fault = (i64, String); // becomes an error's code and message

/// The next body, or None at the end of the input. After a bad header nobody knows where the next frame begins.
fn read_frame(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_string());
    let (mut length, mut line) = (None, Vec::new());
    loop {
        line.clear();
        let ended = input.by_ref().take(8192).read_until(b'\n', &mut line)? == 0;
        let text = std::str::from_utf8(&line).map_err(|_| bad("a header that is no text"))?;
        match text.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                let value: u64 = value.trim().parse().map_err(|_| bad("a length that is no number"))?;
                if value > LARGEST_FRAME || length.replace(value).is_some() {
                    return Err(bad("a length too large, or two of them"));
                }
            }
            None if ended && length.is_none() => return Ok(None),
            None => break,
            Some(_) => {}
        }
    }
    let mut body = Vec::new(); // grows with what has come, not with what was announced
    let length = length.ok_or_else(|| bad("no Content-Length"))?;
    input.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(Some(body)) } else { Err(bad("the input ended inside a frame")) }
}

fn write_frame(output: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{}", body.len(), body)?; // len() counts bytes
    output.flush()
}

fn fault(id: Value, code: i64, message: &str) -> Option<Value> {
    Some(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}))
}

/// What a body is answered with; None when nothing is due.
fn reply_to_body(plugin: &mut Links, body: &[u8]) -> Option<Value> {
    match serde_json::from_slice::<Value>(body) {
        Err(error) => fault(Value::Null, -32700, &format!("not acceptable JSON: {}", error)),
        Ok(Value::Array(batch)) if (1..=256).contains(&batch.len()) => {
            let answers: Vec<Value> = batch.iter().filter_map(|each| reply(plugin, each)).collect();
            if answers.is_empty() { None } else { Some(answers.into()) }
        }
        Ok(message) => reply(plugin, &message),
    }
}

fn reply(plugin: &mut Links, message: &Value) -> Option<Value> {
    if message["method"].is_null() && (message.get("result").is_some() || message.get("error").is_some()) {
        return None; // an answer, and this plugin asks nothing
    }
    let (id, params) = (message.get("id"), &message["params"]);
    if id.map_or(false, |id| !id.is_string() && !id.is_i64()) {
        return fault(Value::Null, -32600, "id: expected a string or an integer");
    }
    let proper = message["jsonrpc"] == "2.0" && (params.is_null() || params.is_object() || params.is_array());
    match (id.cloned(), message["method"].as_str().filter(|_| proper)) {
        (id, None) => fault(id.unwrap_or(Value::Null), -32600, "not a proper JSON-RPC 2.0 message"),
        (Some(id), Some(method)) => match plugin.asked(method, params) {
            Ok(result) => Some(json!({"jsonrpc": "2.0", "id": id, "result": result})),
            Err((code, message)) => fault(id, code, &message),
        },
        (None, Some("exit")) => { plugin.state = State::Done; None }
        (None, Some("plugin/onEvent")) => { drop(plugin.asked("plugin/onEvent", params)); None }
        (None, Some(_)) => None,
    }
}

// ---- The plugin's own work ------------------------------------------------------------------------------------------

#[derive(Default, PartialEq)]
enum State { #[default] New, Ready, Stopping, Done }

#[derive(Default)]
struct Links {
    state: State,
    blocked: Vec<String>,               // hosts
    users: BTreeMap<String, [u64; 3]>,  // messages, words, links
}

fn text<'a>(params: &'a Value, path: &str) -> Result<&'a str, Fault> {
    let found = path.split('.').fold(params, |value, name| &value[name]);
    found.as_str().ok_or_else(|| (-32602, format!("params.{}: expected a string", path)))
}

/// The hosts that a text links to, in small letters.
fn hosts(content: &str) -> Vec<String> {
    let after_scheme = |word: &str| word.find("://").map(|at| word[at + 3..].to_lowercase());
    let host = |rest: String| {
        let authority = rest.split(|end| "/?#\\\"'<>)".contains(end)).next()?;
        Some(authority.rsplit('@').next()?.split(':').next()?.trim_end_matches('.').to_string())
    };
    content.split_whitespace().filter_map(after_scheme).filter_map(host).filter(|host| !host.is_empty()).collect()
}

impl Links {
    fn asked(&mut self, method: &str, params: &Value) -> Result<Value, Fault> {
        if (self.state == State::New) != (method == "plugin/handshake") {
            return Err((-32600, "plugin/handshake comes first, and once".into()));
        }
        match method {
            _ if self.state == State::Stopping => Err((-32018, "shutting down".into())),
            "plugin/handshake" => self.handshake(params),
            "plugin/onEvent" => self.event(params),
            "plugin/execute" if params["command"] == "hosts" => Ok(hosts(text(params, "args.text")?).into()),
            "plugin/execute" => Err((-32601, format!("unknown command {}", params["command"]))),
            "plugin/handleRequest" => Ok(self.route(params)),
            "plugin/health" => Ok(json!({"metrics": {"users": self.users.len()}})),
            "plugin/configure" => self.configure(params),
            "plugin/shutdown" => { self.state = State::Stopping; Ok(Value::Null) }
            _ => Err((-32601, format!("unknown method {}", method))),
        }
    }

    fn handshake(&mut self, params: &Value) -> Result<Value, Fault> {
        let versions = &params["protocolVersions"];
        if !versions.as_array().map_or(false, |all| all.contains(&json!(1))) {
            return Err((-32017, format!("links 1.0.0 speaks protocol 1, the host speaks {}", versions)));
        }
        self.configure(params)?;
        self.state = State::Ready;
        Ok(json!({
            "name": "links", "version": "1.0.0", "protocolVersion": 1, "features": ["configure"],
            "capabilities": ["message"], "events": [{"type": "message.incoming", "mode": "validate"}],
            "commands": [{"name": "hosts", "description": "The hosts that a text links to.",
                "params": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
                "result": {"type": "array", "items": {"type": "string"}}}],
            "routes": [{"path": "/stats", "method": "GET", "description": "what each user said, in numbers"}]
        }))
    }

    /// {"blocked": ["example.com"]}; what is below such a host is blocked as well.
    fn configure(&mut self, params: &Value) -> Result<Value, Fault> {
        let blocked = match &params["config"]["blocked"] {
            Value::Null => Some(Vec::new()),
            Value::Array(hosts) => hosts.iter().map(|host| host.as_str().map(str::to_lowercase)).collect(),
            _ => None,
        };
        self.blocked = blocked.ok_or((-32602, "params.config.blocked: expected an array of strings".to_string()))?;
        Ok(Value::Null)
    }

    fn event(&mut self, params: &Value) -> Result<Value, Fault> {
        let content = text(params, "payload.content")?;
        let from = params["payload"]["from_uid"].as_str().unwrap_or(""); // who puts in events by hand leaves it out
        let found = hosts(content);
        if self.users.len() < MOST_USERS || self.users.contains_key(from) {
            let [messages, words, links] = self.users.entry(from.to_string()).or_default();
            *messages += 1;
            *words += content.split_whitespace().count() as u64;
            *links += found.len() as u64;
        }
        let below = |host: &str, blocked: &String| host == blocked || host.ends_with(&format!(".{}", blocked));
        let is_blocked = |host: &&String| self.blocked.iter().any(|blocked| below(host, blocked));
        Ok(match found.iter().find(is_blocked) {
            Some(host) => json!({"flow": "stop", "reason": format!("links to {} are not allowed", host)}),
            None => json!({"flow": "continue"}),
        })
    }

    fn route(&self, params: &Value) -> Value {
        if params["route"] != "/stats" {
            return json!({"status": 404});
        }
        let numbers = |[messages, words, links]: [u64; 3]| json!({"messages": messages, "words": words, "links": links});
        let users: Map<String, Value> = self.users.iter().map(|(uid, all)| (uid.clone(), numbers(*all))).collect();
        let headers = json!({"content-type": "application/json"});
        json!({"status": 200, "headers": headers, "body": json!({"users": users}).to_string()})
    }
}

fn main() -> io::Result<()> {
    if std::env::var_os("TENON_PROTOCOL").is_none() {
        eprintln!("links is a plugin: a host starts it and talks to it over stdin and stdout.");
        std::process::exit(64);
    }
    let (mut input, mut output, mut plugin) = (io::stdin().lock(), io::stdout().lock(), Links::default());
    while plugin.state != State::Done {
        match read_frame(&mut input)? {
            None => break,
            Some(body) if body.is_empty() => {} // a length of 0 is nothing
            Some(body) => if let Some(answer) = reply_to_body(&mut plugin, &body) { write_frame(&mut output, &answer)? },
        }
    }
    Ok(())
}
