#!/usr/bin/env node
// The launcher: plain JavaScript that any Node can read. Checks the version, builds on first use, then hands over.

var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  process.stderr.write(
    '印信需要 Node.js 22.18 或更高版本，当前为 ' +
      process.versions.node +
      '：请用 npx yinxin 或 npm start 启动（npm ci 已附带 Node 24）。 / Yinxin needs Node.js 22.18 or later, this is ' +
      process.versions.node +
      ': start it with `npx yinxin` or `npm start` (npm ci brought Node 24 along).\n',
  );
  process.exit(1);
} else {
  start();
}

function start() {
  import('node:fs')
    .then(function (fs) {
      var built = fs.existsSync(new URL('../dist/.build-stamp', import.meta.url));
      return built
        ? undefined
        : import('../tools/build.mjs').then(function (tools) {
            return tools.build();
          });
    })
    .then(function () {
      // Compiled code is kept beside the build: a start without it spends half its time compiling.
      return import('node:module').then(function (module) {
        module.enableCompileCache(
          decodeURIComponent(new URL('../dist/.compile-cache', import.meta.url).pathname),
        );
        return import('../dist/bin/yinxin.js');
      });
    })
    .catch(function (error) {
      process.stderr.write('yinxin: ' + error.message + '\n');
      process.exitCode = 1;
    });
}
