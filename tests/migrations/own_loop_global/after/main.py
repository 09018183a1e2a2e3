import warnings

warnings.simplefilter("ignore")

import storage

storage.put("one", 1)
storage.put("two", 2)
print(storage.get("one"), storage.get("two"), storage.get("three"))
storage.finish()
