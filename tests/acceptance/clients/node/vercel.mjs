// The Vercel AI SDK, pointed at the gateway. Asked by JSON in its first argument, tells JSON.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, Output, generateText, jsonSchema, streamText, tool } from "ai";
import { z } from "zod";

const { baseURL, model, chat, calling, shaping, messages, tools, failures } = JSON.parse(process.argv[2]);
const gateway = createOpenAICompatible({
  name: "gateway",
  baseURL,
  apiKey: "any",
  includeUsage: true,
  supportsStructuredOutputs: true,
});

// What the SDK has a name of its own for; the rest goes to the provider as it is.
const OWN = { max_tokens: "maxOutputTokens", temperature: "temperature", seed: "seed", stop: "stopSequences" };

function asked(fields) {
  const settings = { model: gateway(fields.model ?? model), messages, maxRetries: 0 };
  const others = {};
  for (const [key, value] of Object.entries(fields)) {
    if (key in OWN) settings[OWN[key]] = value;
    else if (key !== "model" && key !== "stream") others[key] = value;
  }
  return { ...settings, providerOptions: { gateway: others } };
}

const [{ function: declared }] = tools;
const check = tool({ description: declared.description, inputSchema: jsonSchema(declared.parameters) });

async function whole() {
  const { text, finishReason, usage, response } = await generateText(asked(chat));
  return { text, finishReason, usage, id: response.headers["x-request-id"] };
}

async function stream() {
  const told = streamText(asked(chat));
  const pieces = [];
  for await (const piece of told.textStream) pieces.push(piece);
  return { pieces, finishReason: await told.finishReason, usage: await told.usage };
}

async function call() {
  const wanted = { ...asked(calling), tools: { check }, toolChoice: "required" };
  const told = await generateText(wanted);
  const streamed = streamText(wanted);
  return { whole: told.toolCalls, streamed: await streamed.toolCalls, finishReason: told.finishReason };
}

async function shape() {
  const output = Output.object({ schema: z.object({ ok: z.boolean() }) });
  return (await generateText({ ...asked(shaping), output })).output;
}

async function failed(fields) {
  try {
    if (fields.stream) {
      const told = streamText({ ...asked(fields), onError: () => {} });
      for await (const part of told.fullStream) if (part.type === "error") throw part.error;
    } else {
      await generateText(asked(fields));
    }
    return null;
  } catch (error) {
    const { statusCode: status, message, data, responseHeaders } = error;
    const kind = APICallError.isInstance(error) ? "APICallError" : error.constructor.name;
    const { code, param } = data?.error ?? {};
    return { kind, status, message, code, param, requestID: responseHeaders?.["x-request-id"] };
  }
}

const errors = [];
for (const fields of failures ?? []) errors.push(await failed(fields));

console.log(
  JSON.stringify(
    failures
      ? { errors }
      : { whole: await whole(), stream: await stream(), call: await call(), shape: await shape() },
  ),
);
