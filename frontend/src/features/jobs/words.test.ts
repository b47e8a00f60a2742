import { expect, test } from 'vitest';
import { completedJob, makeJob } from '@/testing/jobs';
import { progressOf } from './api/job';
import { bytesWords, countWords, endWords, imagesWords, milestone, rateWords, stateWords, tabTitle, timeWords } from './words';

test('each state has its words', () => {
  const now = new Date();
  now.setHours(14, 5, 0, 0);
  const quota = { waiting_reason: 'Google Drive allows no more calls just now', waiting_until: now.toISOString() };
  const until = stateWords(makeJob({ state: 'waiting', ...quota }), now);
  expect(until).toMatch(/^Waiting for Google’s quota until (14:05|2:05)/);
  expect(stateWords(makeJob({ state: 'waiting', waiting_reason: 'Google Drive blocks this address for a while' }))).toBe('Waiting');
  expect(stateWords(makeJob({ state: 'listing' }))).toBe('Reading the folder…');
  expect(stateWords(makeJob())).toBe('Importing…');
  expect(stateWords(completedJob())).toBe('Completed');
  expect(stateWords(completedJob({ failed: 3 }))).toBe('Completed, 3 failed');
});

test('the tab tells how far it is, and nobody reads 100 % before the end', () => {
  expect(tabTitle(makeJob())).toBe('42 % · Holiday');
  expect(tabTitle(makeJob({ processed: 999, total: 1000 }))).toBe('99 % · Holiday');
  expect(tabTitle(makeJob({ state: 'listing', listing: 'in_progress' }))).toBe('Reading · Holiday');
  expect(tabTitle(completedJob())).toBe('Done · Holiday');
  expect(tabTitle(makeJob({ state: 'failed', folder_name: null }))).toBe('Failed · Folder f1');
});

test('progress counts what failed too, but not what was stopped', () => {
  expect(progressOf(makeJob({ processed: 40, failed: 10 }))).toBe(0.5);
  expect(progressOf(makeJob({ state: 'cancelled', ended_at: 'x', processed: 40, cancelled: 60 }))).toBe(0.4);
  expect(progressOf(makeJob({ listing: 'in_progress' }))).toBeNull();
  expect(progressOf(completedJob({ total: 0, processed: 0 }))).toBe(1);
});

test('while the folder is read the number found is no total', () => {
  const job = makeJob({ state: 'listing', listing: 'in_progress', total: 1000 });
  expect(countWords(job)).toBe('42 imported, 1,000 found so far');
  expect(imagesWords(job)).toBe('42 images imported, 1,000 found so far');
  expect(bytesWords(job)).toBe('42 MB');
  expect(imagesWords(makeJob())).toBe('42 of 100 images');
  expect(bytesWords(makeJob())).toBe('42 MB of 100 MB');
  expect(imagesWords(completedJob({ total: 1, processed: 1 }))).toBe('1 image');
});

test('rates and times are as people say them', () => {
  expect(rateWords(makeJob({ images_per_second: 5.734 })).replaceAll('\u00a0', ' ')).toBe('5.73 images/s, 2 MB/s');
  expect(rateWords(makeJob({ images_per_second: null, bytes_per_second: null }))).toBe('');
  expect(timeWords(completedJob())).toMatch(/, took 50 s$/);
  expect(timeWords(makeJob())).toMatch(/^Started /);
});

test('milestones are told once, and ticks are not', () => {
  const at = (processed: number) => makeJob({ processed });
  expect(milestone(at(10), at(24))).toBeNull();
  expect(milestone(at(24), at(25))).toBe('25 percent: 25 of 100 images.');
  expect(milestone(at(25), at(26))).toBeNull();
  expect(milestone(at(10), at(80))).toBe('75 percent: 80 of 100 images.');
  expect(milestone(at(80), makeJob({ state: 'waiting' }))).toBe('Waiting.');
  expect(milestone(makeJob({ state: 'waiting' }), makeJob({ state: 'waiting' }))).toBeNull();
  expect(milestone(at(99), completedJob({ failed: 2, processed: 98 }))).toBe('Completed: 98 images imported, 2 failed.');
  expect(milestone(completedJob(), completedJob())).toBeNull();
  expect(endWords(makeJob({ state: 'cancelled', cancelled: 58 }))).toBe('Cancelled: 42 images imported, 58 not imported.');
});
