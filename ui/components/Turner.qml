// Two buttons that turn sheets, with the sheet's number between them; nobody has to swipe.
pragma ComponentBehavior: Bound
import QtQuick

Grid {
    id: turner
    property int sheet: 0
    property int sheets: 1
    property bool upright: false      // the buttons stand one above the other
    property bool worded: !upright    // the buttons have words
    property int each: worded ? 104 : 112
    signal turned(int sheet)
    columns: upright ? 1 : 3
    spacing: 24
    horizontalItemAlignment: Grid.AlignHCenter
    verticalItemAlignment: Grid.AlignVCenter
    PushButton {
        objectName: "previous"
        height: turner.each
        width: turner.worded ? implicitWidth : 112
        sleepy: false
        text: turner.worded ? qsTr("上一页") : ""
        name: qsTr("上一页")
        iconName: "up"
        available: turner.sheet > 0
        onClicked: turner.turned(turner.sheet - 1)
    }
    Label {
        width: turner.upright ? 112 : Theme.px(130)
        horizontalAlignment: Text.AlignHCenter
        text: (turner.sheet + 1) + " / " + turner.sheets
        font.pixelSize: Theme.elder ? 36 : 32
        wrapMode: Text.NoWrap
        color: Theme.soft
        Accessible.name: qsTr("第 %1 页，共 %2 页").arg(turner.sheet + 1).arg(turner.sheets)
    }
    PushButton {
        objectName: "next"
        height: turner.each
        width: turner.worded ? implicitWidth : 112
        sleepy: false
        text: turner.worded ? qsTr("下一页") : ""
        name: qsTr("下一页")
        iconName: "down"
        available: turner.sheet < turner.sheets - 1
        onClicked: turner.turned(turner.sheet + 1)
    }
}
