//! Joins plugin.rs to its host: JSON-RPC 2.0 in frames, over stdin and stdout. There is nothing to change here.

mod plugin;

use plugin::{Fault, Plugin};
use serde_json::{json, Value};
use std::io::{self, BufRead, Read, Write};

const LARGEST_FRAME: u64 = 16 * 1024 * 1024;

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

#[derive(PartialEq)]
enum State { New, Ready, Stopping, Done }

/// What a host may say when, and which function of the plugin that is.
struct Joint {
    plugin: Plugin,
    state: State,
}

impl Joint {
    fn asked(&mut self, method: &str, params: &Value) -> Result<Value, Fault> {
        if (self.state == State::New) != (method == "plugin/handshake") {
            return Err((-32600, "plugin/handshake comes first, and once".into()));
        }
        match method {
            _ if self.state == State::Stopping => Err((-32018, "shutting down".into())),
            "plugin/handshake" => self.handshake(params),
            "plugin/onEvent" => self.plugin.event(&params["eventType"], &params["payload"]),
            "plugin/execute" => self.plugin.command(&params["command"], &params["args"]),
            "plugin/configure" => self.configure(params),
            "plugin/health" => Ok(json!({"status": "healthy"})),
            "plugin/shutdown" => { self.state = State::Stopping; Ok(Value::Null) }
            _ => Err((-32601, format!("unknown method {}", method))),
        }
    }

    fn handshake(&mut self, params: &Value) -> Result<Value, Fault> {
        let versions = &params["protocolVersions"];
        if !versions.as_array().map_or(false, |all| all.contains(&json!(1))) {
            return Err((-32017, format!("this plugin speaks protocol 1, the host speaks {}", versions)));
        }
        self.configure(params)?;
        self.state = State::Ready;
        let mut about = self.plugin.about();
        about["protocolVersion"] = json!(1);
        Ok(about)
    }

    fn configure(&mut self, params: &Value) -> Result<Value, Fault> {
        let config = &params["config"];
        if !config.is_null() && !config.is_object() {
            return Err((-32602, "params.config: expected an object".into()));
        }
        self.plugin.configure(config)
    }

    fn reply(&mut self, message: &Value) -> Option<Value> {
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
            (Some(id), Some(method)) => match self.asked(method, params) {
                Ok(result) => Some(json!({"jsonrpc": "2.0", "id": id, "result": result})),
                Err((code, message)) => fault(id, code, &message),
            },
            (None, Some("exit")) => { self.state = State::Done; None }
            (None, Some("plugin/onEvent")) => { drop(self.asked("plugin/onEvent", params)); None }
            (None, Some(_)) => None,
        }
    }

    /// What a body is answered with; None when nothing is due.
    fn reply_to_body(&mut self, body: &[u8]) -> Option<Value> {
        match serde_json::from_slice::<Value>(body) {
            Err(error) => fault(Value::Null, -32700, &format!("not acceptable JSON: {}", error)),
            Ok(Value::Array(batch)) if (1..=256).contains(&batch.len()) => {
                let answers: Vec<Value> = batch.iter().filter_map(|each| self.reply(each)).collect();
                if answers.is_empty() { None } else { Some(answers.into()) }
            }
            Ok(message) => self.reply(&message),
        }
    }
}

fn main() -> io::Result<()> {
    if std::env::var_os("TENON_PROTOCOL").is_none() {
        eprintln!("This is a plugin: a host starts it and talks to it over stdin and stdout.");
        std::process::exit(64);
    }
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut joint = Joint { plugin: Plugin::new(), state: State::New };
    while joint.state != State::Done {
        match read_frame(&mut input)? {
            None => break,
            Some(body) if body.is_empty() => {} // a length of 0 is nothing
            Some(body) => if let Some(answer) = joint.reply_to_body(&body) { write_frame(&mut output, &answer)? },
        }
    }
    Ok(())
}
