interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * Yields the items of all pages. Fetches a page when the caller has consumed the one before.
 *
 * @param fetchPage fetches the page at a cursor; without one, the first
 */
export async function* pages<Item>(
  fetchPage: (next: { cursor?: string }) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let page = await fetchPage({});
  yield* page.items;
  while (page.next_cursor !== null) {
    page = await fetchPage({ cursor: page.next_cursor });
    yield* page.items;
  }
}
