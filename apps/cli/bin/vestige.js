#!/usr/bin/env node
// A committed file, because npm links no command whose target is not built yet.
import '../dist/main.js';
