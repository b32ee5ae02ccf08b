interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * The items of all pages. A page is fetched when the items before it are used up.
 *
 * @param fetchPage gets the cursor of the page; nothing for the first
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
