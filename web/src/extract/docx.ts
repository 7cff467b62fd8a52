/* Text of a Word file, as HTML. */
import mammoth from 'mammoth/mammoth.browser.js';
import {AppError} from '../worker/errors.ts';
import type {Extracted} from '../worker/extract.ts';

export async function readDocx(bytes: Uint8Array): Promise<Extracted> {
  let html: string;
  try {
    const arrayBuffer = bytes.slice().buffer;
    const nothing = mammoth.images.imgElement(async () => ({src: ''}));
    html = (await mammoth.convertToHtml({arrayBuffer}, {convertImage: nothing})).value;
  } catch {
    throw new AppError('is no Word file (.docx), or damaged');
  }
  html = html.replace(/<img[^>]*>/g, '');
  if (html.replace(/<[^>]*>/g, '').trim() === '') throw new AppError('has no text in it');
  const title = /<h1[^>]*>(.*?)<\/h1>/.exec(html)?.[1]?.replace(/<[^>]*>/g, '').trim();
  return {content: new TextEncoder().encode(html), format: 'html', title: title || undefined};
}
