// What the build makes of a WebAssembly file: its address under /assets.
declare module '*.wasm' {
  const address: string;
  export default address;
}
