/** The events of a job, read with `fetch`: a browser's `EventSource` could send no token. */

import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { open } from '@/lib/api';
import type { Image } from '@/lib/image';
import type { Job } from './job';

/** An image that a job has stored, or found to be stored. */
export interface ArrivedImage {
  /** Its place in the order of arrival, from 1 on. */
  number: number;
  image: Image;
  /** It was stored before this job. */
  isKnown: boolean;
}

export interface JobEventsReader {
  onJob: (job: Job) => void;
  /** As many as came at once, in order. */
  onImages: (images: ArrivedImage[]) => void;
  /** Anything at all was heard, if only that there is nothing new. */
  onSign: () => void;
}

/** The server says something at once: where nothing comes, somebody in between holds it back. */
const FIRST_SIGN_MS = 8_000;
/** After so long a silence the connection is given up: the server says something every 15 s. */
const SILENCE_MS = 45_000;

/**
 * Reads what happens after the image number `after`, until the job ends or the stream does. Throws where it breaks, where
 * it is silent, and where the server refuses.
 */
export async function readJobEvents(id: string, after: number, reader: JobEventsReader, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), FIRST_SIGN_MS);
  const sign = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
    reader.onSign();
  };
  const ends = AbortSignal.any([signal, silence.signal]);
  try {
    const answer = await open(`/import/events/${encodeURIComponent(id)}`, {
      headers: { Accept: 'text/event-stream', ...(after > 0 ? { 'Last-Event-ID': String(after) } : {}) },
      signal: ends,
    });
    // a job that has ended may answer 204, without a stream
    if (answer.body !== null) await readStream(answer.body, reader, sign, ends);
  } finally {
    clearTimeout(timer);
  }
}

async function readStream(
  body: ReadableStream<Uint8Array>,
  reader: JobEventsReader,
  sign: () => void,
  ends: AbortSignal,
): Promise<void> {
  let messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  const decoder = new TextDecoder();
  const chunks = body.getReader();
  let hasEnded = false;
  ends.addEventListener('abort', () => void chunks.cancel().catch(() => undefined));
  try {
    while (!hasEnded) {
      const chunk = await chunks.read();
      if (chunk.done) break;
      sign();
      parser.feed(decoder.decode(chunk.value, { stream: true }));
      hasEnded = tell(messages, reader);
      messages = [];
    }
  } finally {
    // also where an event could not be read: a stream that nobody reads would hold one of the browser's few connections
    await chunks.cancel().catch(() => undefined);
  }
}

/** Tells what came at once: all images, and only the newest state of the job. */
function tell(messages: EventSourceMessage[], reader: JobEventsReader): boolean {
  const images = messages.filter(({ event }) => event === 'image').map(arrived);
  const last = messages.findLast(({ event }) => event === 'progress' || event === 'end');
  if (images.length > 0) reader.onImages(images);
  if (last) reader.onJob(JSON.parse(last.data) as Job);
  return last?.event === 'end';
}

function arrived(message: EventSourceMessage): ArrivedImage {
  const data = JSON.parse(message.data) as Image | { error: string; image: Image };
  const isKnown = 'image' in data;
  return { number: Number(message.id), image: isKnown ? data.image : data, isKnown };
}
