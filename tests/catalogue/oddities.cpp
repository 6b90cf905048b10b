// Prints the header of oddities.hpp's catalogue.

#include "oddities.hpp"

#include <tenon/host/catalogue_header.hpp>

#include <iostream>

int main() { std::cout << tenon::catalogue_header(oddities::catalogue()); }
