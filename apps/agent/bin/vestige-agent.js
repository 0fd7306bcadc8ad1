#!/usr/bin/env node
// npm links only what exists when it installs, and the compiled program does not yet.
import '../dist/main.js';
