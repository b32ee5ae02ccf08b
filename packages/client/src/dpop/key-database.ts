import type { KeyPair } from 'dpop';
import type { KeyStorage } from '../tokens.ts';

const DATABASE = 'dpop-keys';
const STORE = 'keys';

/** Keeps keys in IndexedDB, which stores a key that cannot be exported. All tabs of the origin share them. */
export const keyDatabase: KeyStorage = {
  get: (jkt) => inTransaction<KeyPair | undefined>('readonly', (store) => store.get(jkt)),
  set: (jkt, key) => inTransaction('readwrite', (store) => store.put(key, jkt)),
  delete: (jkt) => inTransaction('readwrite', (store) => store.delete(jkt)),
};

async function inTransaction<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await openDatabase();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
