// Work on a store by what is known of it. Where it fails, somebody may have changed the store since, so that what is known
// is forgotten and read anew with the next work. Pure.

/** Rejects as `work` does. */
export async function doubted<T>(work: () => Promise<T>, forget: () => void): Promise<T> {
  try {
    return await work();
  } catch (error) {
    forget();
    throw error;
  }
}

/** Likewise, for what is read page by page. */
export async function* doubtedPages<T>(pages: AsyncIterable<T>, forget: () => void): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    forget();
    throw error;
  }
}
