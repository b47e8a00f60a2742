/** Jobs, images and events as the API answers them, for tests. */

import { HttpResponse } from 'msw';
import type { Job } from '@/features/jobs/api/job';
import type { Image } from '@/lib/image';

export function makeJob(part: Partial<Job> = {}): Job {
  return {
    job_id: 'j1',
    state: 'running',
    status: 'processing',
    listing: 'done',
    folder_id: 'f1',
    folder_name: 'Holiday',
    folder_url: 'https://drive.google.com/drive/folders/f1',
    recursive: false,
    retry_of: null,
    created_at: '2026-11-23T12:00:00Z',
    ended_at: null,
    total: 100,
    processed: 42,
    failed: 0,
    cancelled: 0,
    bytes_done: 42_000_000,
    bytes_total: 100_000_000,
    images_per_second: 2,
    bytes_per_second: 2_000_000,
    seconds_left: 29,
    error: null,
    waiting_reason: null,
    waiting_until: null,
    ...part,
  };
}

export function completedJob(part: Partial<Job> = {}): Job {
  return makeJob({
    state: 'completed',
    status: 'completed',
    ended_at: '2026-11-23T12:00:50Z',
    processed: 100,
    bytes_done: 100_000_000,
    seconds_left: null,
    ...part,
  });
}

export function makeImage(id: number, part: Partial<Image> = {}): Image {
  return {
    id,
    name: `photo-${id}.jpg`,
    google_drive_id: `d${id}`,
    size: 1000,
    mime_type: 'image/jpeg',
    storage_path: '',
    storage_provider: 'aws',
    created_at: '2026-11-23T12:00:00',
    thumbnail_url: `/api/objects/o${id}/thumbnail`,
    ...part,
  };
}

/** One event as text. */
export function event(name: string, data: unknown, id?: string | number): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** A stream of events that are all there at once. With `stays`, it is then left open without a word. */
export function eventStream(events: string[], { stays = false } = {}): HttpResponse<ReadableStream> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`retry: 2000\n\n${events.join('')}`));
      if (!stays) controller.close();
    },
  });
  return new HttpResponse(stream, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } });
}
