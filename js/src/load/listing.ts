/* Which files of a directory are a model's: docs/formats.md, "Which files". What they say is read
 * by the C code; here only the names of others are looked up in them. */

const CONFIGS = [
  'config.json', 'sentence_bert_config.json', 'sentence_roberta_config.json',
  'sentence_distilbert_config.json', 'sentence_camembert_config.json',
  'sentence_albert_config.json', 'sentence_xlm-roberta_config.json',
  'sentence_xlnet_config.json', 'tokenizer.json', 'tokenizer_config.json',
  'special_tokens_map.json', 'added_tokens.json',
];

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null; // the C code says what is wrong with it
  }
}

function join(folder: string, name: string): string {
  return folder === '' || folder === '.' ? name : `${folder}/${name}`;
}

/** The folders that modules.json names, the transformer's first; [""] without it. */
function foldersOf(modules: string | undefined): string[] {
  const list = parse(modules);
  if (!Array.isArray(list)) return [''];
  return list.slice(0, 64).map((entry) => {
    const path: unknown = (entry as {path?: unknown} | null)?.path;
    return typeof path === 'string' ? path : '';
  });
}

/** Fetches `names`, all at once; each is read once, whatever is asked. */
export type Fetch = (names: string[]) => Promise<(string | undefined)[]>;

/**
 * Fetch a model's files by their names. `fetch` gives the text of files that end in ".json", and
 * something but undefined for any other file that is there.
 */
export async function fetchListed(fetch: Fetch): Promise<void> {
  // What most models have comes with the first requests.
  const [modules] = await fetch(
    ['modules.json', 'config_sentence_transformers.json', ...CONFIGS.slice(0, 2)]);
  const [first = '', ...others] = foldersOf(modules);
  const [hasTokenizer] = await fetch([
    join(first, 'tokenizer.json'),
    ...CONFIGS.map((name) => join(first, name)),
    ...others.filter((folder) => folder !== '').map((folder) => join(folder, 'config.json')),
  ]);
  if (hasTokenizer === undefined) await fetch([join(first, 'vocab.txt')]);
  for (const folder of new Set([first, ...others])) {
    if (folder === '' && folder !== first) continue;
    const [weights] = await fetch([join(folder, 'model.safetensors')]);
    if (weights === undefined) await fetchShards(fetch, folder);
  }
}

async function fetchShards(fetch: Fetch, folder: string): Promise<void> {
  const [index] = await fetch([join(folder, 'model.safetensors.index.json')]);
  const map = (parse(index) as {weight_map?: unknown} | null)?.weight_map;
  if (typeof map !== 'object' || map === null) return;
  const shards = new Set(Object.values(map).filter((name) => typeof name === 'string'));
  for (const name of shards) await fetch([join(folder, name)]);
}
