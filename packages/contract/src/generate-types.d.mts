export const DOCUMENTS: string[];
export function typesFile(name: string): string;
export function typesOf(name: string): Promise<string>;
