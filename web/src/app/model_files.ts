/* Models among what was dropped or chosen: a bundle, or a folder as Hugging Face has it. */
import type {NewFile} from '../worker/types.ts';

/** What is read of such a folder; it may have the weights in other forms too. */
const READ = /\.(json|txt|safetensors|model)$/i;
/** 1_Pooling/config.json, 0_StaticEmbedding/model.safetensors */
const DEEPEST = 2;

export function isBundle({path}: NewFile): boolean {
  return /\.lode-model$/i.test(path);
}

/** A model's files, of those in one folder; undefined: it is none. */
export function modelIn(files: readonly NewFile[]): NewFile[] | undefined {
  const inside = files.map(({path}) => path.split('/').slice(1).join('/'));
  const has = (pattern: RegExp) => inside.some((path) => pattern.test(path));
  const found = has(/^(config|modules)\.json$/) && has(/^([^/]+\/)?[^/]+\.safetensors$/);
  return found ? files.filter((_, i) => READ.test(inside[i]!) && inside[i]!.split('/').length <= DEEPEST) : undefined;
}

/** By the folders that they were in: the models, and all that are none. */
export function splitModels(files: readonly NewFile[]): {models: NewFile[][]; others: NewFile[]} {
  const folders = new Map<string, NewFile[]>();
  for (const file of files) {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.indexOf('/')) : '';
    const list = folders.get(folder);
    if (list === undefined) folders.set(folder, [file]);
    else list.push(file);
  }
  const models: NewFile[][] = [];
  const others: NewFile[][] = [];
  for (const [folder, list] of folders) {
    const model = folder === '' ? undefined : modelIn(list);
    if (model !== undefined) models.push(model);
    else others.push(list);
  }
  return {models, others: others.flat()};
}

/** The model that a folder is; its sub-folders are only looked into if it could be one. */
export async function modelOfFolder(handle: FileSystemDirectoryHandle): Promise<NewFile[] | undefined> {
  const files: NewFile[] = [];
  const read = async (folder: FileSystemDirectoryHandle, path: string, depth: number): Promise<void> => {
    for await (const [name, child] of folder.entries()) {
      const below = `${path}/${name}`;
      if (child.kind === 'file') files.push({path: below, file: await (child as FileSystemFileHandle).getFile()});
      else if (depth < DEEPEST && !name.startsWith('.')) await read(child as FileSystemDirectoryHandle, below, depth + 1);
    }
  };
  const there = async (name: string) => handle.getFileHandle(name).then(() => true, () => false);
  if (!(await there('config.json')) && !(await there('modules.json'))) return undefined;
  await read(handle, handle.name, 1);
  return modelIn(files);
}
