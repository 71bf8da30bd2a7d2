// Calls the server at the address given with other people's clients, unchanged, and prints what they make of its answers,
// as one JSON object. The first argument says which calls.
import {readFileSync} from 'node:fs';

const [calls, server, token] = process.argv.slice(2);
const asked = JSON.parse(readFileSync(0, 'utf8') || '{}');
const refusal = promise => promise.then(() => 'was not refused', e => e.message);

const inference = async () => {
  const {InferenceClient} = await import('@huggingface/inference');
  return new InferenceClient(token);
};

const all = {
  async classifier() {
    const {HuggingfaceServerEmbeddingFunction} = await import('@chroma-core/huggingface-server');
    const client = await inference();
    const chroma = new HuggingfaceServerEmbeddingFunction({url: `${server}/embed`, apiKey: token});
    return {
      textClassification: await client.textClassification({endpointUrl: server, inputs: 'a good film'}),
      best: await client.textClassification({endpointUrl: server, inputs: 'a good film', parameters: {top_k: 1}}),
      endpoint: await client.endpoint(server).textClassification({inputs: 'bad'}),
      featureExtraction: await client.featureExtraction({endpointUrl: `${server}/embed`, inputs: ['good', 'bad']}),
      chroma: await chroma.generate(['good', 'a bad film']),
      refusal: await refusal(client.textClassification({endpointUrl: server, inputs: 5})),
      chromaRefusal: await refusal(chroma.generate(Array(40).fill('good'))),
    };
  },
  async task() {
    const client = await inference();
    return {
      result: await client[asked.method]({endpointUrl: server, ...asked.request}),
      refusal: await refusal(client[asked.method]({endpointUrl: server, ...asked.request, parameters: {nonsense: 1}})),
    };
  },
  async openai() {
    const {OpenAI} = await import('openai');
    const client = new OpenAI({baseURL: `${server}/v1`, apiKey: token ?? 'none', maxRetries: 0});
    // Without a format of its own choice this client asks for base64, and unpacks it.
    return {
      packed: await client.embeddings.create({model: 'any', input: asked.input}),
      floats: await client.embeddings.create({model: 'any', input: asked.input, encoding_format: 'float'}),
      short: await client.embeddings.create({model: 'any', input: asked.input[0], dimensions: 8}),
      ids: await client.embeddings.create({model: 'any', input: asked.ids}),
      models: (await client.models.list()).data,
      refusal: await refusal(client.embeddings.create({model: 'any', input: 'a', dimensions: 4000})),
    };
  },
  async cohere() {
    const {CohereClient, CohereClientV2} = await import('cohere-ai');
    const options = {environment: server, token: token ?? 'none'};
    const first = new CohereClient(options);
    return {
      v1: await first.rerank({query: asked.query, documents: asked.documents, topN: 3, returnDocuments: true}),
      v2: await new CohereClientV2(options).rerank({model: 'any', query: asked.query, documents: asked.documents}),
      refusal: await refusal(first.rerank({query: asked.query, documents: []}, {maxRetries: 0})),
    };
  },
};

console.log(JSON.stringify(await all[calls]()));
process.exit(0);
