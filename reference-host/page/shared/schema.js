// What a JSON Schema says, for people.

/** What a JSON Schema asks for, as something to begin with: what it proposes itself, or else the least that it takes. */
function proposal(given, root = given, depth = 0) {
  const schema = resolved(given, root);
  if (typeof schema !== 'object' || !schema || depth > 6) return null;
  const {properties = {}, required = Object.keys(properties), examples = [], minimum, maximum, exclusiveMinimum} = schema;
  for (const proposed of [schema.default, schema.const, schema.example, examples[0], schema.enum?.[0]])
    if (proposed !== undefined) return proposed;
  const other = (schema.anyOf ?? schema.oneOf)?.find(one => resolved(one, root)?.type !== 'null');
  if (other) return proposal(other, root, depth + 1);
  const type = [schema.type].flat().find(one => one !== 'null');
  if (type === 'object' || !type && schema.properties)
    return Object.fromEntries(required.filter(name => Object.hasOwn(properties, name))
      .map(name => [name, proposal(properties[name], root, depth + 1)]));
  // No bound of the type (-2147483648) says what somebody may mean: nothing does, or what is next to it.
  const number = Math.min(Math.max(0, minimum ?? (exclusiveMinimum >= 0 ? exclusiveMinimum + 1 : 0)), maximum ?? Infinity);
  return {string: '', integer: number, number, boolean: false, array: []}[type] ?? null;
}
/** Where a schema refers to a part of itself, that part. */
function resolved(schema, root) {
  if (typeof schema?.$ref !== 'string' || !schema.$ref.startsWith('#')) return schema;
  const steps = decodeURIComponent(schema.$ref.slice(1)).split('/').slice(1);
  return steps.reduce((at, step) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], root);
}
/** What a value may be, in words: its kind, its bounds, whatever else is known of it. */
function wordsOfSchema(given, root, ...more) {
  const one = resolved(given, root) ?? {}, {minimum, maximum, description, title} = one, sensible = bound => Math.abs(bound) < 2 ** 31 - 1;
  const types = [one.type ?? (one.anyOf ?? one.oneOf ?? []).map(other => resolved(other, root)?.type)].flat().filter(Boolean);
  const kind = one.enum ? one.enum.slice(0, 12).map(value => JSON.stringify(value)).join(' or ') : types.join(' or ') || 'any';
  return beginning(joined([kind, sensible(minimum) && `from ${minimum}`, sensible(maximum) && `up to ${maximum}`,
    ...more, description ?? title]), 300);
}
/** What each argument may be. */
function argumentsOf(schema) {
  const {properties = {}, required = []} = schema ?? {};
  return Object.entries(properties).slice(0, 32).map(([name, given]) => el('li', null, code(name),
    el('small', null, ` ${wordsOfSchema(given, schema, !required.includes(name) && 'optional')}`)));
}
