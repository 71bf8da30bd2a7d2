// Calls the server at the address given with Hugging Face's and Chroma's clients and prints what they make of its
// answers, as one JSON object.
import {InferenceClient} from '@huggingface/inference';
import {HuggingfaceServerEmbeddingFunction} from '@chroma-core/huggingface-server';

const [server, token] = process.argv.slice(2);
const inference = new InferenceClient(token);
const chroma = new HuggingfaceServerEmbeddingFunction({url: `${server}/embed`, apiKey: token});

console.log(JSON.stringify({
  textClassification: await inference.textClassification({endpointUrl: server, inputs: 'a good film'}),
  endpoint: await inference.endpoint(server).textClassification({inputs: 'bad'}),
  featureExtraction: await inference.featureExtraction({endpointUrl: `${server}/embed`, inputs: ['good', 'bad']}),
  chroma: await chroma.generate(['good', 'a bad film']),
  refusal: await inference.textClassification({endpointUrl: server, inputs: 5}).catch(e => e.message),
  chromaRefusal: await chroma.generate(Array(40).fill('good')).catch(e => e.message),
}));
process.exit(0);
