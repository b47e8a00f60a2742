/** The days of a list along its length: for the scrubber. Pure. */

import type { ImageHistogram } from './api/image-histogram';
import type { Order } from './url-state';

export interface TimelineDay {
  /** `YYYY-MM-DD`; null for images without a time. */
  day: string | null;
  /** Images before it. */
  start: number;
}

export interface Timeline {
  days: TimelineDay[];
  total: number;
}

export interface Mark {
  /** Where it stands, from 0 to 1. */
  at: number;
  text: string;
  isYear: boolean;
}

const dayName = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeZone: 'UTC' });
const monthName = new Intl.DateTimeFormat(undefined, { month: 'short', timeZone: 'UTC' });
const dayOfMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

export function timelineOf(histogram: ImageHistogram, order: Order): Timeline {
  const buckets = order === 'desc' ? histogram.buckets : [...histogram.buckets].reverse();
  let total = 0;
  const days = buckets.map(({ day, images }) => {
    const start = total;
    total += images;
    return { day, start };
  });
  return { days, total };
}

/** Number of the day that has the image with so many before it. */
export function dayIndex({ days }: Timeline, offset: number): number {
  let low = 0;
  let high = Math.max(0, days.length - 1);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((days[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The day of that image, in words. */
export function dayText(timeline: Timeline, offset: number): string {
  return textOfDay(timeline.days[dayIndex(timeline, offset)]?.day ?? null);
}

function textOfDay(day: string | null): string {
  const time = Date.parse(`${day ?? ''}T00:00:00Z`);
  return Number.isNaN(time) ? 'No date' : dayName.format(time);
}

/** Names for the track: years first, then months, then days, the long ones first, as far as there is room (`apart`: from 0 to 1). */
export function marksOf({ days, total }: Timeline, apart: number): Mark[] {
  const chosen: Mark[] = [];
  for (const length of [4, 7, 10]) {
    const spans = spansOf(days, total, length).sort((a, b) => b.images - a.images);
    for (const { day, start } of spans) {
      const at = start / Math.max(1, total);
      const isFree = chosen.every((mark) => Math.abs(mark.at - at) >= apart);
      if (isFree) chosen.push({ at, text: markText(day, length), isYear: length === 4 });
    }
  }
  return chosen.sort((a, b) => a.at - b.at);
}

/** Runs of days whose dates begin with the same letters: years, months, days. */
function spansOf(days: readonly TimelineDay[], total: number, length: number): { day: string; start: number; images: number }[] {
  const spans: { day: string; start: number; images: number }[] = [];
  days.forEach(({ day, start }, index) => {
    if (day === null) return;
    const images = (days[index + 1]?.start ?? total) - start;
    const last = spans.at(-1);
    if (last?.day.slice(0, length) === day.slice(0, length)) last.images += images;
    else spans.push({ day, start, images });
  });
  return spans;
}

function markText(day: string, length: number): string {
  if (length === 4) return day.slice(0, 4);
  const time = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(time)) return day;
  return (length === 7 ? monthName : dayOfMonth).format(time);
}

/** Where a key leads on the track; null for other keys. Arrows go by the day, or by a fiftieth of a day that is longer. */
export function offsetAfterKey(timeline: Timeline, offset: number, key: string): number | null {
  const { days, total } = timeline;
  const last = Math.max(0, total - 1);
  const far = Math.max(1, Math.floor(total / 50));
  const within = (value: number) => Math.min(last, Math.max(0, value));
  const index = dayIndex(timeline, offset);
  const start = days[index]?.start ?? 0;
  switch (key) {
    case 'ArrowDown':
    case 'ArrowRight':
      return within(Math.min(days[index + 1]?.start ?? last, offset + far));
    case 'ArrowUp':
    case 'ArrowLeft':
      return within(Math.max(offset > start ? start : (days[index - 1]?.start ?? 0), offset - far));
    case 'PageDown':
      return within(monthStep(timeline, index, 1));
    case 'PageUp':
      return within(monthStep(timeline, index, -1));
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** The first image of the month beside. */
function monthStep({ days, total }: Timeline, index: number, step: 1 | -1): number {
  const month = (at: number) => days[at]?.day?.slice(0, 7) ?? '';
  let at = index;
  while (at >= 0 && at < days.length && month(at) === month(index)) at += step;
  if (at < 0) return 0;
  if (at >= days.length) return total - 1;
  while (step === -1 && at > 0 && month(at - 1) === month(at)) at -= 1;
  return days[at]?.start ?? 0;
}
