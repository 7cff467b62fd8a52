/* Text of a PDF, as Markdown with a heading for each page. pdf.js has a worker of its own. */
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import PdfWorker from 'pdfjs-dist/legacy/build/pdf.worker.mjs?worker';
import {AppError} from '../worker/errors.ts';
import type {Extracted} from '../worker/extract.ts';

pdfjs.GlobalWorkerOptions.workerPort = new PdfWorker({name: 'pdf'});

interface Item {
  str: string;
  hasEOL: boolean;
  transform: number[];
  height: number;
}

/** What Markdown would take for markup at the beginning of a line. */
function escapeLine(line: string): string {
  return line.replace(/^(\s*)([#>*+=~|-]|\d+[.)])/, '$1\\$2').replace(/^ {4,}|\t/g, ' ');
}

/** Lines with a gap between them are paragraphs; words cut at a line's end are put together. */
function pageText(items: Item[]): string {
  const paragraphs: string[][] = [[]];
  let line = '';
  let last: number | undefined;
  const endLine = () => {
    if (line.trim() !== '') paragraphs.at(-1)!.push(line.trim());
    line = '';
  };
  for (const {str, hasEOL, transform, height} of items) {
    const y = transform[5]!;
    if (last !== undefined && Math.abs(y - last) > 1.8 * (height || 10) && str.trim() !== '') {
      endLine();
      if (paragraphs.at(-1)!.length > 0) paragraphs.push([]);
    }
    if (str.trim() !== '') last = y;
    line += str;
    if (hasEOL) endLine();
  }
  endLine();
  return paragraphs.filter((lines) => lines.length > 0)
    .map((lines) => lines.reduce((text, next) => (/\p{Ll}-$/u.test(text) && /^\p{Ll}/u.test(next)
      ? text.slice(0, -1) + next : `${text} ${next}`)))
    .map(escapeLine).join('\n\n');
}

export async function readPdf(bytes: Uint8Array, onDetail: (detail: string) => void): Promise<Extracted> {
  const task = pdfjs.getDocument({
    data: bytes.slice(), // which goes to its worker for good
    disableFontFace: true, useSystemFonts: false, isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false, useWasm: false, verbosity: 0,
    cMapUrl: new URL('pdf/cmaps/', pageBase()).href, cMapPacked: true,
  });
  try {
    const pdf = await task.promise;
    const {info} = await pdf.getMetadata().catch(() => ({info: {}}));
    const title = (info as {Title?: string}).Title?.trim() || undefined;
    const pages: string[] = [];
    for (let number = 1; number <= pdf.numPages; number++) {
      onDetail(`page ${number} of ${pdf.numPages}`);
      const page = await pdf.getPage(number);
      const {items} = await page.getTextContent();
      const text = pageText(items.filter((item) => 'str' in item) as Item[]);
      if (text !== '') pages.push(`## Page ${number}\n\n${text}`);
      page.cleanup();
    }
    if (pages.length === 0) {
      throw new AppError('has no text in it: its pages are pictures, as of a scanner');
    }
    return {content: new TextEncoder().encode(pages.join('\n\n')), format: 'markdown', title};
  } catch (error) {
    if ((error as {name?: string}).name === 'PasswordException') {
      throw new AppError('is protected by a password');
    }
    if ((error as {name?: string}).name === 'InvalidPDFException') throw new AppError('is no PDF, or damaged');
    throw error;
  } finally {
    await task.destroy();
  }
}

function pageBase(): string {
  return (globalThis as {appBase?: string}).appBase ?? globalThis.location.href;
}
