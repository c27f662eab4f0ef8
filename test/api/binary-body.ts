// How supertest takes an answer as bytes.

/** For `.buffer(true).parse(binaryBody)`. */
export function binaryBody(answer: unknown, done: (error: Error | null, body: Buffer) => void): void {
  // The types of superagent say Response; what comes is the stream of Node.
  const response = answer as NodeJS.ReadableStream;
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
}
