// Progressive enhancement: see below.
