from dltool.backend.start import start

start("cpu", 0, threads=(1, 2))
