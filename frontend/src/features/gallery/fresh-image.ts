/**
 * Where the API wants a token for reading, the addresses of pictures are signed, and good for an hour or two. Whoever looks
 * for longer, or comes back with another token, gets new ones here: the image is asked for again, once for every address.
 */

import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { ApiError } from '@/lib/api-error';
import type { Image } from '@/lib/image';
import { serverNow } from '@/lib/server-clock';
import { onTokenChange } from '@/lib/token';
import { Turns } from '@/lib/turns';
import { oneImage } from './api/one-image';

/** An address that ends so soon is not begun with. */
const EARLY_MS = 30_000;
/** How often it is looked whether an address has ended. */
const LOOK_EVERY_MS = 10_000;
/** After a server that did not answer, links may be renewed again. */
const AGAIN_AFTER_MS = 60_000;
/** One that came so short a while ago and is refused already would be followed by more of the kind. */
const FINAL_MS = 600_000;

const turns = new Turns(4);
/** Renewals by the address that was no good; also those that brought nothing. */
const tried = new Map<string, Promise<boolean>>();
/** Those of them that are over. */
const ended = new Set<string>();
/** When an address came that was asked for here. */
const cameAt = new Map<string, number>();
/** What came instead of an address. */
const renewed = new Map<string, Image>();
const listeners = new Set<() => void>();

onTokenChange(() => {
  tried.clear();
  ended.clear();
  cameAt.clear();
  tell();
});

export interface FreshImage {
  /** With the newest addresses that are known. */
  image: Image;
  /** Its addresses have ended, and there are no others yet. */
  isStale: boolean;
  /** Asks for others. False where there are none, or have been none before: then a refusal is final. */
  renew: () => Promise<boolean>;
}

export function useFreshImage(image: Image): FreshImage {
  const client = useQueryClient();
  const newest = useSyncExternalStore(subscribe, () => newestOf(image));
  const isStale = useSyncExternalStore(subscribe, () => isExpired(newest) && !ended.has(addressOf(newest)));
  const renew = useCallback(() => renewOnce(client, newest), [client, newest]);
  return { image: newest, isStale, renew };
}

/** The same for what stays open, and has links: its addresses are renewed before they end. */
export function useKeptFresh(image: Image): FreshImage {
  const fresh = useFreshImage(image);
  const { image: newest, renew } = fresh;
  useEffect(() => {
    const look = () => {
      if (isExpired(newest)) void renew();
    };
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [newest, renew]);
  return fresh;
}

/** True where the addresses prove that they may be seen. */
export function isSigned(image: Image): boolean {
  return expiryMs(image) !== null;
}

/** True where they do no longer, or end in a moment. */
function isExpired(image: Image): boolean {
  const end = expiryMs(image);
  return end !== null && end - EARLY_MS < serverNow();
}

function addressOf(image: Image): string {
  return image.content_url ?? image.thumbnail_url ?? '';
}

function expiryMs(image: Image): number | null {
  const [, query = ''] = addressOf(image).split('?');
  const seconds = new URLSearchParams(query).get('expires');
  return seconds === null || seconds === '' ? null : Number(seconds) * 1000;
}

function newestOf(image: Image): Image {
  let newest = image;
  for (let next: Image | undefined = image; next; next = renewed.get(addressOf(next))) newest = next;
  return newest;
}

function renewOnce(client: QueryClient, image: Image): Promise<boolean> {
  const address = addressOf(image);
  const before = tried.get(address);
  // whoever asks later has been given the new ones, unless there are none
  if (before) return before.then(() => newestOf(image) !== image);
  const isNew = Date.now() - (cameAt.get(address) ?? 0) < FINAL_MS;
  const renewal = isNew ? Promise.resolve(false) : askAgain(client, image);
  tried.set(address, renewal);
  void renewal.then(() => {
    ended.add(address);
    tell();
  });
  return renewal;
}

async function askAgain(client: QueryClient, image: Image): Promise<boolean> {
  const { signal } = new AbortController();
  try {
    const row = await turns.take(() => client.query({ ...oneImage(image.id), staleTime: 0 }), signal);
    const isOther = addressOf(row) !== addressOf(image);
    // what the API says now is the newest, whatever was thought of it before
    renewed.delete(addressOf(row));
    if (isOther) {
      cameAt.set(addressOf(row), Date.now());
      renewed.set(addressOf(image), { ...image, ...row });
    }
    return isOther;
  } catch (error) {
    // who asks for a token, or says that the image is gone, says so elsewhere on the page
    if (error instanceof ApiError && error.isTemporary) setTimeout(() => tried.delete(addressOf(image)), AGAIN_AFTER_MS);
    return false;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
