// `openai` for Node, pointed at the gateway. Asked by JSON in its first argument, tells JSON.

import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const { baseURL, model, chat, calling, shaping, messages, tools, failures } = JSON.parse(process.argv[2]);
const client = new OpenAI({ baseURL, apiKey: "any" });
const completions = client.chat.completions;

async function whole() {
  const { data, response, request_id } = await completions.create({ model, messages, ...chat }).withResponse();
  return { data, request_id, target: response.headers.get("x-dragoman-target") };
}

async function stream(options) {
  const chunks = [];
  for await (const chunk of await completions.create({ model, messages, stream: true, ...options, ...chat })) {
    chunks.push(chunk);
  }
  return chunks;
}

async function call() {
  const asked = { model, messages, tools, tool_choice: "required", ...calling };
  const told = await completions.create(asked);
  const streamed = await completions.stream(asked).finalChatCompletion();
  const [made] = told.choices[0].message.tool_calls;
  const result = { role: "tool", tool_call_id: made.id, content: "yes" };
  const after = await completions.create({ model, messages: [...messages, told.choices[0].message, result], ...chat });
  return { whole: told, streamed, after };
}

async function shape() {
  const response_format = zodResponseFormat(z.object({ ok: z.boolean() }), "answer");
  const told = await completions.parse({ model, messages, response_format, ...shaping });
  return told.choices[0].message.parsed;
}

async function models() {
  const listed = [];
  for await (const one of client.models.list()) listed.push(one.id);
  const found = [];
  for (const id of listed) found.push((await client.models.retrieve(id)).id);
  return { listed, found };
}

async function failed(fields) {
  try {
    const told = await completions.create({ model, messages, ...fields });
    if (fields.stream) for await (const _ of told);
    return null;
  } catch (error) {
    const { status, code, param, requestID } = error;
    return { kind: error.constructor.name, status, code, param, requestID };
  }
}

const errors = [];
for (const fields of failures ?? []) errors.push(await failed(fields));

console.log(
  JSON.stringify(
    failures
      ? { errors }
      : {
          whole: await whole(),
          stream: await stream({}),
          streamWithUsage: await stream({ stream_options: { include_usage: true } }),
          call: await call(),
          shape: await shape(),
          models: await models(),
        },
  ),
);
