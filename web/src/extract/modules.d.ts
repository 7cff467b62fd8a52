declare module 'mammoth/mammoth.browser.js' {
  interface Mammoth {
    convertToHtml(input: {arrayBuffer: ArrayBuffer}, options?: {convertImage?: unknown}): Promise<{value: string}>;
    images: {imgElement(read: () => Promise<{src: string}>): unknown};
  }
  const mammoth: Mammoth;
  export default mammoth;
}
