// What tests call of the packer.

/** Makes the tarball in a folder; @returns its path. */
export function packVerification(folder: string): Promise<string>;
