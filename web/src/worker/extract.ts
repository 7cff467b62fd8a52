/* Text out of files. What reads PDF and Word is loaded with the first such file. */
import {AppError} from './errors.ts';
import {MOST_BYTES, formatOf, looksLikeText} from './kinds.ts';
import type {DocumentFormat} from './types.ts';

export interface Extracted {
  content: Uint8Array;
  format: DocumentFormat;
  title?: string | undefined;
}

/** UTF-16 becomes UTF-8; a mark at the beginning goes. Other encodings are the engine's business. */
function plainText(bytes: Uint8Array): Uint8Array {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le'
    : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
  if (utf16 !== undefined) return new TextEncoder().encode(new TextDecoder(utf16).decode(bytes));
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.slice(3) : bytes;
}

export async function extract(path: string, kind: string, data: ArrayBuffer | Blob,
  onDetail: (detail: string) => void): Promise<Extracted> {
  const size = data instanceof Blob ? data.size : data.byteLength;
  if (size > MOST_BYTES) {
    throw new AppError(`is larger than ${MOST_BYTES / 1024 / 1024} MB`);
  }
  const bytes = new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
  if (kind === 'pdf') {
    const {readPdf} = await import('../extract/pdf.ts');
    return readPdf(bytes, onDetail);
  }
  if (kind === 'docx') {
    const {readDocx} = await import('../extract/docx.ts');
    return readDocx(bytes);
  }
  if (!looksLikeText(bytes)) throw new AppError('is no text, nor another kind of file that is read here');
  return {content: plainText(bytes), format: formatOf(kind, path)};
}
