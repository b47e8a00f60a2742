import { request } from '@/lib/api';
import type { Image } from '@/lib/image';

/** So many of the newest images of a job are shown. */
export const NEWEST = 24;

/** The images that a job has stored last, newest first. */
export async function listNewest(jobId: string, signal: AbortSignal): Promise<Image[]> {
  const page = await request<{ images: Image[] }>('/images', { query: { job_id: jobId, per_page: NEWEST }, signal });
  return page.images;
}
