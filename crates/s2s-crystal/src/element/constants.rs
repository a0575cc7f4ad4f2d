//! Every element by its symbol in capital letters, such as `Element::NB`.

use std::num::NonZeroU8;

use super::Element;

macro_rules! constants {
    ($($symbol:ident = $number:literal, $name:literal;)*) => {
        /// The elements by symbol.
        impl Element {
            $(
                #[doc = concat!("Element ", stringify!($number), ", ", $name, ".")]
                pub const $symbol: Self = match NonZeroU8::new($number) {
                    Some(number) => Self(number),
                    None => unreachable!(),
                };
            )*
        }
    };
}

constants! {
    H = 1, "hydrogen";
    HE = 2, "helium";
    LI = 3, "lithium";
    BE = 4, "beryllium";
    B = 5, "boron";
    C = 6, "carbon";
    N = 7, "nitrogen";
    O = 8, "oxygen";
    F = 9, "fluorine";
    NE = 10, "neon";
    NA = 11, "sodium";
    MG = 12, "magnesium";
    AL = 13, "aluminum";
    SI = 14, "silicon";
    P = 15, "phosphorus";
    S = 16, "sulfur";
    CL = 17, "chlorine";
    AR = 18, "argon";
    K = 19, "potassium";
    CA = 20, "calcium";
    SC = 21, "scandium";
    TI = 22, "titanium";
    V = 23, "vanadium";
    CR = 24, "chromium";
    MN = 25, "manganese";
    FE = 26, "iron";
    CO = 27, "cobalt";
    NI = 28, "nickel";
    CU = 29, "copper";
    ZN = 30, "zinc";
    GA = 31, "gallium";
    GE = 32, "germanium";
    AS = 33, "arsenic";
    SE = 34, "selenium";
    BR = 35, "bromine";
    KR = 36, "krypton";
    RB = 37, "rubidium";
    SR = 38, "strontium";
    Y = 39, "yttrium";
    ZR = 40, "zirconium";
    NB = 41, "niobium";
    MO = 42, "molybdenum";
    TC = 43, "technetium";
    RU = 44, "ruthenium";
    RH = 45, "rhodium";
    PD = 46, "palladium";
    AG = 47, "silver";
    CD = 48, "cadmium";
    IN = 49, "indium";
    SN = 50, "tin";
    SB = 51, "antimony";
    TE = 52, "tellurium";
    I = 53, "iodine";
    XE = 54, "xenon";
    CS = 55, "cesium";
    BA = 56, "barium";
    LA = 57, "lanthanum";
    CE = 58, "cerium";
    PR = 59, "praseodymium";
    ND = 60, "neodymium";
    PM = 61, "promethium";
    SM = 62, "samarium";
    EU = 63, "europium";
    GD = 64, "gadolinium";
    TB = 65, "terbium";
    DY = 66, "dysprosium";
    HO = 67, "holmium";
    ER = 68, "erbium";
    TM = 69, "thulium";
    YB = 70, "ytterbium";
    LU = 71, "lutetium";
    HF = 72, "hafnium";
    TA = 73, "tantalum";
    W = 74, "tungsten";
    RE = 75, "rhenium";
    OS = 76, "osmium";
    IR = 77, "iridium";
    PT = 78, "platinum";
    AU = 79, "gold";
    HG = 80, "mercury";
    TL = 81, "thallium";
    PB = 82, "lead";
    BI = 83, "bismuth";
    PO = 84, "polonium";
    AT = 85, "astatine";
    RN = 86, "radon";
    FR = 87, "francium";
    RA = 88, "radium";
    AC = 89, "actinium";
    TH = 90, "thorium";
    PA = 91, "protactinium";
    U = 92, "uranium";
    NP = 93, "neptunium";
    PU = 94, "plutonium";
    AM = 95, "americium";
    CM = 96, "curium";
    BK = 97, "berkelium";
    CF = 98, "californium";
    ES = 99, "einsteinium";
    FM = 100, "fermium";
    MD = 101, "mendelevium";
    NO = 102, "nobelium";
    LR = 103, "lawrencium";
    RF = 104, "rutherfordium";
    DB = 105, "dubnium";
    SG = 106, "seaborgium";
    BH = 107, "bohrium";
    HS = 108, "hassium";
    MT = 109, "meitnerium";
    DS = 110, "darmstadtium";
    RG = 111, "roentgenium";
    CN = 112, "copernicium";
    NH = 113, "nihonium";
    FL = 114, "flerovium";
    MC = 115, "moscovium";
    LV = 116, "livermorium";
    TS = 117, "tennessine";
    OG = 118, "oganesson";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_has_the_symbol_that_it_is_named_after() {
        macro_rules! check {
            ($($symbol:ident)*) => {
                let constants = [$((stringify!($symbol), Element::$symbol)),*];
                assert_eq!(constants.map(|(_, element)| element).to_vec(), Element::all().collect::<Vec<_>>());
                for (name, element) in constants {
                    assert_eq!(name, element.symbol().to_uppercase());
                }
            };
        }
        check!(H HE LI BE B C N O F NE NA MG AL SI P S CL AR K CA SC TI V CR MN FE CO NI CU ZN GA GE AS SE BR KR RB SR Y ZR NB MO TC RU RH PD AG CD IN SN SB TE I XE CS BA LA CE PR ND PM SM EU GD TB DY HO ER TM YB LU HF TA W RE OS IR PT AU HG TL PB BI PO AT RN FR RA AC TH PA U NP PU AM CM BK CF ES FM MD NO LR RF DB SG BH HS MT DS RG CN NH FL MC LV TS OG);
    }
}
