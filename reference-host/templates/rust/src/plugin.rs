//! seedling: stops messages that have an unwanted word in them, and greets. How it talks to a host is in main.rs.

use serde_json::{json, Value};

pub type Fault = (i64, String); // becomes an error's code and message

const INVALID_PARAMS: i64 = -32602;
const METHOD_NOT_FOUND: i64 = -32601;

pub struct Plugin {
    unwanted: String,
}

fn text<'a>(value: &'a Value, path: &str) -> Result<&'a str, Fault> {
    value.as_str().ok_or_else(|| (INVALID_PARAMS, format!("{}: expected a string", path)))
}

impl Plugin {
    pub fn new() -> Self {
        Plugin { unwanted: "spam".into() }
    }

    pub fn about(&self) -> Value {
        json!({
            "name": "seedling", "version": "0.1.0", "capabilities": ["message"], "features": ["configure"],
            "events": [{"type": "message.incoming", "mode": "validate"}],
            "commands": [{"name": "greet", "description": "Greets somebody.", "result": {"type": "string"},
                "params": {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]}}]
        })
    }

    pub fn configure(&mut self, config: &Value) -> Result<Value, Fault> {
        let unwanted = match &config["unwanted"] {
            Value::Null => "spam",
            given => text(given, "config.unwanted")?,
        };
        if unwanted.is_empty() {
            return Err((INVALID_PARAMS, "config.unwanted: expected a word".into()));
        }
        self.unwanted = unwanted.into();
        Ok(Value::Null)
    }

    pub fn event(&mut self, _type: &Value, payload: &Value) -> Result<Value, Fault> {
        if !text(&payload["content"], "payload.content")?.contains(&self.unwanted) {
            return Ok(json!({"flow": "continue"}));
        }
        Ok(json!({"flow": "stop", "reason": format!("{} is not wanted here", self.unwanted)}))
    }

    pub fn command(&mut self, name: &Value, args: &Value) -> Result<Value, Fault> {
        if name != "greet" {
            return Err((METHOD_NOT_FOUND, format!("there is no command {}", name)));
        }
        Ok(format!("hello {}", text(&args["who"], "args.who")?).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow_of(plugin: &mut Plugin, content: &str) -> Value {
        plugin.event(&json!("message.incoming"), &json!({"content": content})).unwrap()["flow"].clone()
    }

    #[test]
    fn it_greets() {
        assert_eq!(Plugin::new().command(&json!("greet"), &json!({"who": "Bo"})).unwrap(), "hello Bo");
    }

    #[test]
    fn it_stops_an_unwanted_word_and_nothing_else() {
        let mut plugin = Plugin::new();
        assert_eq!(flow_of(&mut plugin, "good morning"), "continue");
        assert_eq!(flow_of(&mut plugin, "buy spam"), "stop");
    }

    #[test]
    fn it_is_configured() {
        let mut plugin = Plugin::new();
        plugin.configure(&json!({"unwanted": "sale"})).unwrap();
        assert_eq!(flow_of(&mut plugin, "buy spam"), "continue");
        assert!(plugin.configure(&json!({"unwanted": ""})).is_err());
    }
}
